using Actors.Mta.Core.Sasl;
using Actors.Mta.Core.Smtp;

namespace Actors.Mta.Engine.Authentication;

/// <summary>Who may log in. One for a node; all members may be called from any thread.</summary>
public interface IAuthenticator
{
    /// <summary>Begins a SASL exchange for a mechanism that the listener offers.</summary>
    /// <param name="mechanism">Upper case: "PLAIN".</param>
    ISaslSession Begin(string mechanism, SessionFacts facts);
}

/// <summary>One SASL exchange; one call at a time. Disposed when it is over or the client cancelled it.</summary>
public interface ISaslSession : IDisposable
{
    /// <summary>
    /// Gives the client's response. Completes late on purpose when the client or user has guessed before. Never throws for what clients
    /// say or back ends do: 454 4.7.0 when credentials cannot be checked now.
    /// </summary>
    /// <param name="response">Null at the start when there was no initial response.</param>
    Task<SaslResult> NextAsync(ReadOnlyMemory<byte>? response, CancellationToken cancel);
}
