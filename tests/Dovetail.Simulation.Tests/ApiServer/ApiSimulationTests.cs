using System.Diagnostics;
using System.Globalization;
using Dovetail.Machinery.Endpoints;
using Dovetail.Store;

namespace Dovetail.Simulation.Tests.ApiServer;

/// <summary>
/// Promises of the API server under faults: no acknowledged write is lost, no revision is given twice, left out or seen out of order, reads and lists are not older than what was acknowledged, no update is lost,
/// watches have no gap across resumes, bookmarks and compactions, and caches converge.
/// 1,000 seeds are run for each 150 of DOVETAIL_SIM_SECONDS, and not for longer than those, or DOVETAIL_SIM_COUNT ones; DOVETAIL_SIM_SEED runs one alone.
/// </summary>
public sealed class ApiSimulationTests
{
    private const int EnoughSeeds = 300;

    [Fact]
    public void Every_promise_of_the_API_server_is_kept_under_every_seed()
    {
        if (Seeds.Only is { } only)
        {
            Outcome(only, ApiBreakage.None, out _).ShouldBeNull(Seeds.Replay(only));
            return;
        }

        var clock = Stopwatch.StartNew();
        var (asked, seconds) = (Seeds.Setting("DOVETAIL_SIM_COUNT"), Seeds.Setting("DOVETAIL_SIM_SECONDS") ?? 150);
        var limit = asked is null ? TimeSpan.FromSeconds(seconds) : TimeSpan.MaxValue;
        var count = asked ?? 1000L * seconds / 150;
        var seed = Seeds.Setting("DOVETAIL_SIM_FIRST") ?? 1;
        var (seeds, observations) = (0, 0L);
        for (; seeds < count && clock.Elapsed < limit; seed++, seeds++)
        {
            Outcome(seed, ApiBreakage.None, out var seen).ShouldBeNull(Seeds.Replay(seed));
            observations += seen;
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seeds} seeds, {observations} answers and events of the API server in {clock.Elapsed.TotalSeconds:0} s"));
        observations.ShouldBeGreaterThan(seeds * 20L, "hardly anything happens in these runs");
    }

    [Fact]
    public void Updates_that_overwrite_each_other_are_found_out() => ShouldBeFound("an update was lost", new() { BlindWrites = true });

    [Fact]
    public void A_watch_that_loses_an_event_is_found_out() => ShouldBeFound("left", Lying((api, random) => new LyingApi(api, random) { LosesEvents = true }));

    [Fact]
    public void A_bookmark_that_runs_ahead_is_found_out() => ShouldBeFound("a watch", Lying((api, random) => new LyingApi(api, random) { BookmarksTooFar = true }));

    [Fact]
    public void A_read_that_is_older_than_what_was_acknowledged_is_found_out() => ShouldBeFound("had been acknowledged before", Lying((api, random) => new LyingApi(api, random) { ReadsStale = true }));

    [Fact]
    public void A_write_that_is_acknowledged_and_not_stored_is_found_out() => ShouldBeFound("follows", Storing((store, random) => new LyingStore(store, random) { ForgetsWrites = true }));

    [Fact]
    public void A_revision_that_is_given_twice_is_found_out() => ShouldBeFound("follows", Storing((store, random) => new LyingStore(store, random) { DoublesRevisions = true }));

    [Fact]
    public void A_revision_that_is_left_out_is_found_out() => ShouldBeFound("follows", Storing((store, random) => new LyingStore(store, random) { SkipsRevisions = true }));

    [Fact]
    public void A_store_that_tells_two_commits_in_the_wrong_order_is_found_out() => ShouldBeFound("left", Storing((store, random) => new LyingStore(store, random) { ReordersEvents = true }));

    [Fact]
    public void A_store_that_tells_a_commit_twice_is_found_out() => ShouldBeFound("was told", Storing((store, random) => new LyingStore(store, random) { RepeatsEvents = true }));

    [Fact]
    public void A_disk_that_tears_the_log_is_found_out() => ShouldBeFound("was acknowledged, and the store has come back", new() { SyncLies = static file => file == "/db-wal" });

    [Fact]
    public void A_disk_that_tears_the_pages_of_the_file_is_found_out() => ShouldBeFound("damaged", new() { SyncLies = static file => file == "/db" });

    private static ApiBreakage Storing(Func<IRevisionStore, Random, IRevisionStore> store) => new() { Store = store };

    private static ApiBreakage Lying(Func<IObjectApi, Random, IObjectApi> client) => new() { Client = client };

    private static void ShouldBeFound(string symptom, ApiBreakage broken)
    {
        Assert.SkipWhen(Seeds.Only is not null, "one seed is asked for");
        for (var seed = 1; seed <= EnoughSeeds; seed++)
        {
            if (Outcome(seed, broken, out _)?.Contains(symptom, StringComparison.Ordinal) == true) return;
        }

        Assert.Fail($"{EnoughSeeds} seeds did not notice");
    }

    private static string? Outcome(int seed, ApiBreakage broken, out long observations)
    {
        var scenario = new ApiScenario(seed, broken);
        try
        {
            var outcome = scenario.Run();
            observations = scenario.Observations;
            return outcome;
        }
        catch (Exception failure)
        {
            observations = 0;
            return failure.ToString();
        }
    }
}
