using System.Collections.Immutable;
using System.Net;

namespace Actors.Mta.IO.Users;

/// <summary>What Dovecot said in an exchange.</summary>
public abstract record DovecotAnswer
{
    private DovecotAnswer() { }

    /// <summary>The client is to answer this.</summary>
    public sealed record Continue(ReadOnlyMemory<byte> Challenge) : DovecotAnswer;

    /// <param name="Fields">All that came with it, "senders=…" among them when the passdb says so; a word without "=" has the value "".</param>
    public sealed record Ok(string User, ImmutableDictionary<string, string> Fields) : DovecotAnswer;

    /// <param name="User">Null when Dovecot does not know or tell.</param>
    /// <param name="Temporary">True when credentials could not be checked.</param>
    public sealed record Fail(string? User, bool Temporary, string? Reason) : DovecotAnswer;
}

/// <summary>mta.auth.dovecot.</summary>
/// <param name="Endpoint">Of the Unix socket or TCP port that Dovecot calls "auth-client" or inet_listener of service auth.</param>
/// <param name="Timeout">For connecting and handshake, and for each answer.</param>
public sealed record DovecotOptions(EndPoint Endpoint, TimeSpan Timeout);

/// <summary>Who asks, for Dovecot's own policies and log.</summary>
public sealed record DovecotClient(IPEndPoint Remote, IPEndPoint Local, bool Secured);
