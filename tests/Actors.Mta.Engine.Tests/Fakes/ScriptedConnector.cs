using System.Collections.Concurrent;
using System.Collections.Immutable;
using Actors.Mta.Core.Delivery;
using Actors.Mta.Core.Smtp;
using Actors.Mta.IO.Smtp;
using Actors.Mta.IO.Spool;

namespace Actors.Mta.Engine.Tests.Fakes;

/// <summary>Connections that wait for the test: each attempt to connect and each message is answered by it.</summary>
internal sealed class ScriptedConnector : ISmtpConnector
{
    private readonly BlockingCollection<Attempt> _attempts = [];
    private readonly BlockingCollection<Sending> _sendings = [];
    private int _connects;
    private int _open;
    private int _mostOpen;

    public int Connects => Volatile.Read(ref _connects);

    public int MostOpen => Volatile.Read(ref _mostOpen);

    public int Open => Volatile.Read(ref _open);

    /// <summary>True: every attempt connects at once.</summary>
    public bool Answers { get; set; }

    /// <summary>True: every message is accepted at once.</summary>
    public bool Accepts { get; set; }

    public ConcurrentQueue<ClientTransaction> Accepted { get; } = new();

    /// <summary>An attempt to connect that waits for an answer.</summary>
    public sealed class Attempt(ScriptedConnector owner, ConnectTarget target)
    {
        public ConnectTarget Target { get; } = target;

        internal TaskCompletionSource<ConnectResult> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Peer Connect()
        {
            var peer = new Peer(owner, Target);
            owner.CountOpen(1);
            Result.SetResult(new ConnectResult.Connected(peer, []));
            return peer;
        }

        public void Fail() => Result.SetResult(new ConnectResult.Failed(
            [new ConnectFailure(Target, SmtpStage.Connect, SmtpReply.Of(451, "4.4.1", "connection refused"))]));
    }

    /// <summary>A message on its way that waits for the peer's word.</summary>
    public sealed class Sending(ClientTransaction transaction, ISpoolBody body, Peer peer)
    {
        internal TaskCompletionSource<TransactionResult> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ClientTransaction Transaction { get; } = transaction;
        public ISpoolBody Body { get; } = body;
        public Peer Peer { get; } = peer;

        public void Accept(bool reusable = true) => Result.SetResult(All(Replies.Delivered, reusable));

        public void Defer(bool reusable = true) => Result.SetResult(All(Replies.Deferred, reusable));

        public void Lose(bool inDoubt = false) => Result.SetResult(All(Replies.Lost, false) with { InDoubt = inDoubt });

        /// <summary>A word for each recipient, as over LMTP.</summary>
        public void Answer(params ImmutableArray<RecipientOutcome> outcomes) => Result.SetResult(new TransactionResult(outcomes, true, false));

        public void Break() => Result.SetException(new InvalidOperationException("a defect"));

        private TransactionResult All(RecipientOutcome outcome, bool reusable) =>
            new([.. Transaction.Recipients.Select(_ => outcome)], reusable, false);
    }

    /// <summary>The far end of one connection.</summary>
    public sealed class Peer(ScriptedConnector owner, ConnectTarget target) : ISmtpClientConnection
    {
        private int _closed;

        public ConnectTarget Target { get; } = target;
        public PeerCapabilities Capabilities { get; init; } = new();
        public string? Tls => null;
        public bool IsAlive { get; set; } = true;
        public bool Closed => Volatile.Read(ref _closed) > 0;

        public async Task<TransactionResult> SendAsync(ClientTransaction transaction, ISpoolBody body, Func<ValueTask<bool>>? beforeBody, CancellationToken cancel)
        {
            if (beforeBody is not null && !await beforeBody()) return new TransactionResult([.. transaction.Recipients.Select(_ => Replies.Lost)], false, false);
            var sending = new Sending(transaction, body, this);
            if (owner.Accepts)
            {
                owner.Accepted.Enqueue(transaction);
                sending.Accept();
            }
            else owner._sendings.Add(sending, cancel);
            return await sending.Result.Task;
        }

        public Task QuitAsync() => Task.CompletedTask;

        public ValueTask DisposeAsync()
        {
            if (Interlocked.Exchange(ref _closed, 1) == 0) owner.CountOpen(-1);
            return ValueTask.CompletedTask;
        }
    }

    public Task<ConnectResult> ConnectAsync(ImmutableArray<ConnectTarget> targets, CancellationToken cancel)
    {
        Interlocked.Increment(ref _connects);
        var attempt = new Attempt(this, targets[0]);
        if (Answers) attempt.Connect();
        else _attempts.Add(attempt, cancel);
        return attempt.Result.Task;
    }

    /// <summary>The next attempt to connect; fails when there is none within TestKit's patience.</summary>
    public Attempt NextAttempt() => Next(_attempts, "attempt to connect");

    public Sending NextSending() => Next(_sendings, "message");

    public int WaitingSendings => _sendings.Count;

    /// <summary>Messages under way to a host.</summary>
    public int WaitingAt(string host) => _sendings.ToArray().Count(s => s.Peer.Target.Host == host);

    private static T Next<T>(BlockingCollection<T> waiting, string what) =>
        waiting.TryTake(out var next, Patience) ? next : throw new TimeoutException($"No {what} came.");

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private void CountOpen(int difference)
    {
        var open = Interlocked.Add(ref _open, difference);
        for (var most = MostOpen; open > most; most = MostOpen) Interlocked.CompareExchange(ref _mostOpen, open, most);
    }
}
