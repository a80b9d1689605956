using Dovetail.Runtime.Queue;
using Microsoft.Extensions.Time.Testing;

namespace Dovetail.Runtime.Tests.Queue;

public sealed class WorkQueueTests : IDisposable
{
    private static readonly RetryBackoff Steady = new() { First = TimeSpan.FromSeconds(1), Max = TimeSpan.FromSeconds(8), Jitter = 0 };

    private readonly FakeTimeProvider time = new();
    private readonly WorkQueue<string> queue;

    public WorkQueueTests() => queue = new WorkQueue<string>(time, new Random(1), Steady);

    public void Dispose() => queue.Dispose();

    [Fact]
    public async Task Metrics_tell_how_long_keys_wait_and_are_worked_on()
    {
        queue.Add("a");
        queue.Add("a");
        time.Advance(TimeSpan.FromSeconds(2));
        var key = await Take();
        time.Advance(TimeSpan.FromSeconds(20));
        queue.Metrics.ShouldSatisfyAllConditions(m => m.LongestRunning.ShouldBe(TimeSpan.FromSeconds(20)), m => m.Unfinished.ShouldBe(TimeSpan.FromSeconds(20)), m => m.Adds.ShouldBe(1), m => m.Depth.ShouldBe(0));
        queue.Retry(key);
        queue.Done(key);

        var text = new System.Text.StringBuilder();
        QueueMetrics.Render(text, [("q", queue.Metrics)]);
        var lines = text.ToString().Split('\n');
        foreach (var line in new[]
        {
            "workqueue_adds_total{name=\"q\"} 1", "workqueue_retries_total{name=\"q\"} 1", "workqueue_unfinished_work_seconds{name=\"q\"} 0",
            "workqueue_queue_duration_seconds_bucket{name=\"q\",le=\"1\"} 0", "workqueue_queue_duration_seconds_bucket{name=\"q\",le=\"10\"} 1", "workqueue_queue_duration_seconds_sum{name=\"q\"} 2",
            "workqueue_work_duration_seconds_bucket{name=\"q\",le=\"10\"} 0", "workqueue_work_duration_seconds_count{name=\"q\"} 1", "workqueue_work_duration_seconds_sum{name=\"q\"} 20",
        }) lines.ShouldContain(line);
    }

    [Fact]
    public async Task A_key_that_is_added_twice_is_worked_on_once()
    {
        queue.Add("a");
        queue.Add("a");
        (await Take()).ShouldBe("a");
        queue.Done("a");
        queue.Depth.ShouldBe(0);
    }

    [Fact]
    public async Task A_key_that_changes_while_it_is_worked_on_comes_again_only_when_that_work_is_done()
    {
        queue.Add("a");
        var key = await Take();
        queue.Add("a");
        queue.Depth.ShouldBe(0);
        queue.Done(key);
        (await Take()).ShouldBe("a");
    }

    [Fact]
    public async Task Keys_are_served_in_the_order_of_their_arrival_so_a_busy_key_starves_nobody()
    {
        foreach (var key in new[] { "a", "b", "c" }) queue.Add(key);
        var busy = await Take();
        queue.Add(busy);
        queue.Done(busy);
        (await Take()).ShouldBe("b");
        (await Take()).ShouldBe("c");
        (await Take()).ShouldBe("a");
    }

    [Fact]
    public void A_clock_that_is_set_ahead_makes_no_later_alarm_out_of_an_earlier_one()
    {
        var clock = new SkewedTime(time);
        using var skewed = new WorkQueue<string>(clock, new Random(1), Steady);
        skewed.AddAfter("a", TimeSpan.FromMinutes(5));
        clock.Error = TimeSpan.FromHours(1);
        skewed.AddAfter("a", TimeSpan.FromSeconds(1));
        time.Advance(TimeSpan.FromSeconds(1));
        skewed.Depth.ShouldBe(1);
    }

    [Fact]
    public async Task A_waiting_worker_gets_a_key_when_its_delay_is_over()
    {
        var taken = queue.TakeAsync(TestContext.Current.CancellationToken);
        queue.AddAfter("a", TimeSpan.FromSeconds(5));
        time.Advance(TimeSpan.FromSeconds(4));
        taken.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromSeconds(1));
        (await taken).ShouldBe("a");
    }

    [Fact]
    public async Task Of_two_delays_of_one_key_the_earlier_holds_and_the_key_comes_once()
    {
        queue.AddAfter("a", TimeSpan.FromSeconds(5));
        queue.AddAfter("a", TimeSpan.FromSeconds(2));
        queue.AddAfter("a", TimeSpan.FromSeconds(9));
        time.Advance(TimeSpan.FromSeconds(2));
        queue.Done(await Take());
        time.Advance(TimeSpan.FromMinutes(1));
        queue.Depth.ShouldBe(0);
    }

    [Fact]
    public void Retries_double_up_to_the_limit_until_the_key_is_forgotten()
    {
        var delays = Enumerable.Range(0, 5).Select(_ => queue.Retry("a").TotalSeconds);
        delays.ShouldBe([1, 2, 4, 8, 8]);
        queue.Forget("a");
        queue.Retry("a").TotalSeconds.ShouldBe(1);
    }

    [Fact]
    public async Task A_key_offered_to_a_worker_that_was_cancelled_is_not_lost()
    {
        using var cancel = new CancellationTokenSource();
        var taken = queue.TakeAsync(cancel.Token);
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(taken);
        queue.Add("a");
        (await Take()).ShouldBe("a");
    }

    private Task<string> Take() => queue.TakeAsync(TestContext.Current.CancellationToken);
}
