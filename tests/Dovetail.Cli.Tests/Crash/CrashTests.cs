using System.Globalization;

namespace Dovetail.Cli.Tests.Crash;

/// <summary>
/// The real server under load, killed at random moments and started again; then everything that its clients saw is judged. <c>./dovetail test crash --kills 300 [--seed N]</c> does it more often.
/// (The seed chooses moments and what clients do, not how threads interleave: a failing run shows what happened around the fault.)
/// </summary>
public sealed class CrashTests
{
    private const int Workers = 6;
    private const int Watches = 3;

    private static int Kills => Number("DOVETAIL_CRASH_KILLS") ?? 6;

    [Fact]
    public async Task No_kill_loses_an_acknowledged_write_and_no_watch_misses_a_revision()
    {
        var seed = Number("DOVETAIL_CRASH_SEED") ?? 1;
        var random = new Random(seed);
        var folder = Directory.CreateTempSubdirectory("dovetail-crash-").FullName;
        try
        {
            await using var server = new CrashServer(folder);
            server.Prepare();
            await server.StartAsync(TestContext.Current.CancellationToken);
            var record = new CrashRecord();
            using var observer = new CrashClient(99, server.Connection, record, random);
            await observer.DefineAsync(TestContext.Current.CancellationToken);
            var from = await observer.NewestAsync(TestContext.Current.CancellationToken);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            var clients = Enumerable.Range(0, Workers + Watches + 1).Select(id => new CrashClient(id, server.Connection, record, new Random(seed + id))).ToList();
            var running = clients.Select((client, id) => id < Workers ? client.WorkAsync(stop.Token) : id < Workers + Watches ? client.WatchAsync(CrashClient.Resources[id % CrashClient.Resources.Length], from, stop.Token) : client.ListAsync(stop.Token)).ToList();
            for (var kill = 0; kill < Kills; kill++)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(random.Next(50, 1500)), TimeProvider.System, stop.Token);
                await server.KillAsync();
                await server.StartAsync(stop.Token);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, stop.Token);
            await stop.CancelAsync();
            await Task.WhenAll(running);
            foreach (var client in clients) client.Dispose();
            var truth = await observer.ReadAsync(from, TestContext.Current.CancellationToken);
            TestContext.Current.TestOutputHelper!.WriteLine($"{Kills} kills, seed {seed}: {record.Calls.Count} calls ({record.Calls.Count(call => call.Ended == Ended.Refused)} conflicts), {truth.Count} writes ({truth.Count(one => one.Value.Length == 0)} deletions), {record.Lists.Count} lists, {record.Watches.Sum(w => w.Value.Count)} events told");
            truth.Count.ShouldBeGreaterThan(0);
            CrashJudge.Judge(record, truth).ShouldBeEmpty();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static int? Number(string variable) => int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;
}
