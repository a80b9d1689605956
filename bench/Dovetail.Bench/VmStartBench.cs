using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Bench;

/// <summary>The start of one virtual machine whose container disk is cached, against the same domain started by hand; one after the other, in one run.</summary>
internal static class VmStartBench
{
    private const int Rounds = 7;

    public static async Task<Results> RunAsync(BenchPlatform platform, CancellationToken ct)
    {
        var results = new Results();
        await platform.UpWithGuestImageAsync(ct);
        using var api = platform.Connect();
        await EnsureNamespaceAsync(api, ct);
        var first = new Guest(platform, api, "first");
        await first.StartAsync(ct); // pulls and caches the disk
        var byHand = await ByHand.TakeFromAsync(platform, first, ct);
        await first.RemoveAsync(ct);

        var guests = new List<Guest>();
        var hands = new List<ByHand.Times>();
        for (var round = 0; round < Rounds; round++)
        {
            var guest = new Guest(platform, api, $"vm-{round}");
            await guest.StartAsync(ct);
            guests.Add(guest);
            await guest.RemoveAsync(ct);
            hands.AddRange(await byHand.StartAsync(1, TimeSpan.Zero, ct));
        }

        foreach (var phase in Guest.Phases) results.AddSeries($"apply to {phase}", [.. guests.Select(g => g.Moments.GetValueOrDefault(phase))], "ms");
        results.AddSeries("by hand to created", [.. hands.Select(h => h.Created)], "ms");
        results.AddSeries("by hand to first serial byte", [.. hands.Select(h => h.FirstSerialByte)], "ms");
        results.Add("our share to QEMU running", Share(g => g.Moments["running"], h => h.Created), "ms", 500);
        results.Add("our share to first serial byte", Share(g => g.Moments["first serial byte"], h => h.FirstSerialByte), "ms", 500);
        results.Note("apply is a server-side apply over HTTPS; kubectl's own start comes on top. running: the VMI's phase as a watch sees it.");
        return results;

        double Share(Func<Guest, double> ours, Func<ByHand.Times, double> theirs) => Results.Median(guests.Select(ours)) - Results.Median(hands.Select(theirs));
    }

    public static async Task EnsureNamespaceAsync(IKubeApi api, CancellationToken ct)
    {
        if (await api.FindAsync(BuiltInTypes.Namespaces, "", Guest.Namespace, ct) is null)
            await api.CreateAsync(BuiltInTypes.Namespaces, new V1Namespace { ApiVersion = "v1", Kind = "Namespace", Metadata = new V1ObjectMeta { Name = Guest.Namespace } }, ct);
    }
}
