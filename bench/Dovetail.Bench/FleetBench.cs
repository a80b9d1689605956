namespace Dovetail.Bench;

/// <summary>Twenty virtual machines at once: what the platform adds to the first and to the last of them, and what stands beside each QEMU in memory.</summary>
internal static class FleetBench
{
    private const int Size = 20;
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(20);

    public static async Task<Results> BurstAsync(BenchPlatform platform, CancellationToken ct)
    {
        var results = new Results();
        ByHand? byHand = null;
        var fleet = await WithFleetAsync(platform, async guests => byHand = await ByHand.TakeFromAsync(platform, guests[0], ct), ct);
        var ours = fleet.Select(g => g.Moments["running"]).Order().ToArray();
        var hands = (await byHand!.StartAsync(Size, TimeSpan.FromSeconds(30), ct)).Select(h => h.Created).Order().ToArray();

        foreach (var phase in Guest.Phases) results.AddSeries($"apply to {phase}", [.. fleet.Select(g => g.Moments.GetValueOrDefault(phase))], "ms");
        results.Add("first of 20 running", ours[0], "ms");
        results.Add("last of 20 running", ours[^1], "ms");
        results.Add("first of 20 by hand", hands[0], "ms");
        results.Add("last of 20 by hand", hands[^1], "ms");
        results.Add("added to the first", ours[0] - hands[0], "ms");
        results.Add("added to the last", ours[^1] - hands[^1], "ms", 2 * (ours[0] - hands[0]));
        return results;
    }

    public static async Task<Results> MemoryAsync(BenchPlatform platform, CancellationToken ct)
    {
        var results = new Results();
        await WithFleetAsync(
            platform,
            async guests =>
            {
                await Task.Delay(Settle, TimeProvider.System, ct);
                Measure(results, guests);
            },
            ct);
        return results;
    }

    private static void Measure(Results results, IReadOnlyCollection<Guest> guests)
    {
        var sandboxes = guests.Select(g => g.Processes().GroupBy(ProcessFigures.Name).ToDictionary(p => p.Key, p => p.Sum(ProcessFigures.ProportionalMegabytes))).ToList();
        foreach (var program in sandboxes.SelectMany(s => s.Keys).Distinct().Order(StringComparer.Ordinal))
            results.AddSeries($"PSS of {program}", [.. sandboxes.Select(s => s.GetValueOrDefault(program))], "MB");
        results.AddSeries("PSS beside QEMU, a virtual machine", [.. sandboxes.Select(s => s.Where(p => !p.Key.StartsWith("qemu", StringComparison.Ordinal)).Sum(p => p.Value))], "MB", 20);
    }

    /// <summary>Starts the fleet with one manifest after the other sent without waiting, hands it over when all run, and removes it.</summary>
    private static async Task<IReadOnlyList<Guest>> WithFleetAsync(BenchPlatform platform, Func<IReadOnlyList<Guest>, Task> use, CancellationToken ct)
    {
        await platform.UpWithGuestImageAsync(ct);
        using var api = platform.Connect();
        await VmStartBench.EnsureNamespaceAsync(api, ct);
        var first = new Guest(platform, api, "first");
        await first.StartAsync(ct); // pulls and caches the disk
        await first.RemoveAsync(ct);
        List<Guest> guests = [.. Enumerable.Range(0, Size).Select(i => new Guest(platform, api, $"fleet-{i:00}"))];
        try
        {
            await Task.WhenAll(guests.Select(g => g.StartAsync(ct)));
            await use(guests);
        }
        finally
        {
            await Task.WhenAll(guests.Select(g => g.RemoveAsync(CancellationToken.None)));
        }

        return guests;
    }
}
