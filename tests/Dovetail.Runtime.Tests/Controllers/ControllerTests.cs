using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Queue;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Dovetail.Runtime.Tests.Controllers;

public sealed class ControllerTests : IDisposable
{
    private readonly FakeTimeProvider time = new();
    private readonly Loop loop = new();
    private readonly Probe probe = new();
    private readonly CancellationTokenSource stop = new();
    private readonly Controller<string> controller;

    public ControllerTests()
    {
        var options = new ControllerOptions { Workers = 2, Backoff = new RetryBackoff { First = TimeSpan.FromSeconds(1), Jitter = 0 } };
        controller = new Controller<string>("probe", probe, options, time, new Random(1), NullLogger.Instance);
        loop.Run(() => _ = controller.RunAsync(stop.Token));
    }

    public void Dispose()
    {
        loop.Run(stop.Cancel);
        stop.Dispose();
    }

    [Fact]
    public void A_failed_key_is_tried_again_after_a_back_off_and_the_others_go_on()
    {
        probe.Answer("bad", Outcome.Failed(new InvalidOperationException("no")));
        Add("bad", "good");
        probe.Seen.ShouldBe(["bad", "good"]);
        Pass(TimeSpan.FromSeconds(1));
        probe.Seen.ShouldBe(["bad", "good", "bad"]);
        controller.Queue.Failures("bad").ShouldBe(0);
    }

    [Fact]
    public void An_exception_counts_as_a_failure()
    {
        probe.Throws = new InvalidOperationException("bug");
        Add("a");
        controller.Queue.Failures("a").ShouldBe(1);
        probe.Throws = null;
        Pass(TimeSpan.FromSeconds(1));
        controller.Queue.Failures("a").ShouldBe(0);
    }

    [Fact]
    public void A_key_that_asks_for_a_recheck_comes_again_then()
    {
        probe.Answer("a", Outcome.RequeueAfter(TimeSpan.FromMinutes(1)));
        Add("a");
        Pass(TimeSpan.FromSeconds(59));
        probe.Seen.ShouldBe(["a"]);
        Pass(TimeSpan.FromSeconds(1));
        probe.Seen.ShouldBe(["a", "a"]);
    }

    [Fact]
    public void A_key_is_never_worked_on_twice_at_once()
    {
        var slow = new TaskCompletionSource();
        probe.WaitFor = slow.Task;
        Add("a");
        Add("a");
        probe.Seen.ShouldBe(["a"]);
        loop.Run(slow.SetResult);
        probe.Seen.ShouldBe(["a", "a"]);
    }

    private void Add(params string[] keys) => loop.Run(() =>
    {
        foreach (var key in keys) controller.Queue.Add(key);
    });

    private void Pass(TimeSpan span) => loop.Run(() => time.Advance(span));

    private sealed class Probe : IReconciler<string>
    {
        private readonly Dictionary<string, Outcome> answers = [];

        public List<string> Seen { get; } = [];

        public Exception? Throws { get; set; }

        public Task WaitFor { get; set; } = Task.CompletedTask;

        /// <summary>How the next look at the key ends; Done afterwards.</summary>
        public void Answer(string key, Outcome outcome) => answers[key] = outcome;

        public async Task<Outcome> ReconcileAsync(string key, CancellationToken ct)
        {
            Seen.Add(key);
            await WaitFor;
            if (Throws is { } failure) throw failure;
            return answers.Remove(key, out var answer) ? answer : Outcome.Done;
        }
    }
}
