using Actors.Mta.Core.Smtp;
using Actors.Mta.Engine.Settings;

namespace Actors.Mta.Engine.Tests.Settings;

public sealed class ListenerSettingsTests
{
    private static readonly SessionPolicy General = new("mx.test", new SessionLimits());

    [Fact]
    public void Submission_is_at_work_when_users_can_log_in()
    {
        Assert.Equal(["relay"], Chain.Of().Good().EnabledListeners.Select(l => l.Options.Name));
        var settings = Chain.OfText("mta.auth { provider = file, file = users }").Good();
        Assert.Equal(
            [("relay", 2525), ("submission", 2587), ("submissions", 2465)],
            settings.EnabledListeners.Select(l => (l.Options.Name, l.Options.Endpoint.Port)));
    }

    [Fact]
    public void Each_role_has_the_policy_that_its_name_promises()
    {
        var settings = Chain.Of().Good();
        var relay = Policy("relay");
        Assert.Equal((ListenerRole.Relay, true, false, false), (relay.Role, relay.StartTls, relay.RequireTls, relay.RequireAuth));
        Assert.Empty(relay.Mechanisms);
        var submission = Policy("submission");
        Assert.Equal((ListenerRole.Submission, true, true, true), (submission.Role, submission.StartTls, submission.RequireTls, submission.RequireAuth));
        Assert.Equal((true, true), (submission.CompletesHeader, submission.HidesClient));
        var submissions = Policy("submissions");
        Assert.Equal((ListenerRole.Submissions, false, true), (submissions.Role, submissions.StartTls, submissions.RequireAuth));
        Assert.Equal("PLAIN", Assert.Single(submissions.Mechanisms));

        SessionPolicy Policy(string name) =>
            settings.Listeners.Single(l => l.Options.Name == name).PolicyOf(General, ["PLAIN"], encrypts: true);
    }

    [Fact]
    public void Starttls_is_not_offered_without_a_certificate() =>
        Assert.False(Chain.Of().Good().Listeners[0].PolicyOf(General, [], encrypts: false).StartTls);

    [Fact]
    public void A_listener_of_ones_own_takes_what_it_leaves_out_from_its_role()
    {
        var settings = Chain.OfText("mta.listeners { inside { role = submission, enabled = on, port = 3587 } }").Good();
        var inside = settings.Listeners.Single(l => l.Options.Name == "inside");
        Assert.Equal((TlsUse.Required, AuthUse.Required, true), (inside.Tls, inside.Auth, inside.CompletesHeader));
        Assert.Equal(3587, inside.Options.Endpoint.Port);
    }

    [Theory]
    [InlineData("mta { tls.self-signed = off, listeners.submission.enabled = on }", "needs a certificate")]
    [InlineData("mta.listeners.relay.enabled = off", "are all switched off")]
    [InlineData("mta { listeners { other { port = 2525 } } }", "listens on 127.0.0.1:2525, as mta.listeners.")]
    [InlineData("mta.listeners.submissions.tls = required", "must be implicit")]
    public void What_cannot_work_is_said(string text, string complaint) =>
        Assert.Contains(Chain.OfText(text).Problems, p => p.Fatal && p.Message.Contains(complaint, StringComparison.Ordinal));
}
