namespace Actors.Mta.IO.Tls;

/// <summary>A certificate cannot be used; the message names the file and what is wrong with it.</summary>
public sealed class CertificateException(string message, Exception? inner = null) : Exception(message, inner);
