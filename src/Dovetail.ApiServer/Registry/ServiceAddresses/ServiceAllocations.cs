using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Dovetail.Store;

namespace Dovetail.ApiServer.Registry.ServiceAddresses;

/// <summary>
/// Cluster addresses and node ports. Who holds what is read from the stored services, so nothing can leak and a restart forgets nothing; what a write under way has been given is kept here until that
/// write is seen in the store or has failed. The API server is the store's only writer.
/// </summary>
internal sealed class ServiceAllocations(IRevisionStore store, ServiceRange range, Randomness randomness)
{
    /// <summary>The ports of the host that services may take: upstream's usual range.</summary>
    public const int FirstPort = 30000;
    public const int LastPort = 32767;

    /// <summary>Of these a client may choose by hand with little risk that its choice is taken: what is chosen for clients comes from above first.</summary>
    private const int HandChosenPorts = 86;

    private readonly ConditionalWeakTable<StoredObject, ServiceClaim> claims = [];
    private readonly HashSet<string> addressesUnderWay = [];
    private readonly HashSet<long> portsUnderWay = [];
    private readonly Lock gate = new();

    /// <summary>Gives a service what it asks for and what it needs, and writes it into the object. Disposed of when the write has ended, however it ended.</summary>
    /// <exception cref="Machinery.Errors.StatusException">422: what it asks for is taken, or is out of range.</exception>
    public IDisposable? Begin(WriteContext write, JsonObject service, JsonObject? old)
    {
        if (write.Resource.StoreName != "services" || write.Target.Subresource.Length > 0) return null;
        ServiceFamilies.Settle(service, old);
        lock (gate)
        {
            var free = new FreeResources(Taken(ObjectReader.KeyOf(write.Resource, write.Target with { Name = service.Metadata().Text("name") })), addressesUnderWay, portsUnderWay);
            var held = old is null ? new ServiceClaim([], []) : ServiceClaim.Of(old);
            var given = new ServiceAllocator(free, held, range, randomness).Allocate(service);
            if (write.Options.DryRun) return null;
            addressesUnderWay.UnionWith(given.Addresses);
            portsUnderWay.UnionWith(given.NodePorts);
            return new UnderWay(this, given);
        }
    }

    /// <summary>A free number of a range, by chance: first of those above the hand-chosen ones, then of those.</summary>
    public static int? Pick(Randomness randomness, int count, int handChosen, Func<int, bool> isFree)
    {
        Span<byte> noise = stackalloc byte[4];
        randomness.Fill(noise);
        var upper = count - handChosen;
        var start = (int)(BitConverter.ToUInt32(noise) % (uint)upper);
        for (var i = 0; i < upper; i++)
        {
            var candidate = handChosen + ((start + i) % upper);
            if (isFree(candidate)) return candidate;
        }

        for (var candidate = 0; candidate < handChosen; candidate++)
        {
            if (isFree(candidate)) return candidate;
        }

        return null;
    }

    public static int? PickAddress(ServiceRange range, Randomness randomness, Func<string, bool> isFree) =>
        Pick(randomness, range.Count - 1, range.HandChosen, offset => offset > 0 && isFree(range.Address(offset)));

    public static int? PickPort(Randomness randomness, Func<long, bool> isFree) =>
        Pick(randomness, LastPort - FirstPort + 1, HandChosenPorts, offset => isFree(FirstPort + offset)) is { } port ? FirstPort + port : null;

    private IEnumerable<ServiceClaim> Taken(ObjectKey own)
    {
        foreach (var stored in store.Current.List("services", null))
        {
            if (stored.Key == own) continue;
            if (!claims.TryGetValue(stored, out var claim)) claims.AddOrUpdate(stored, claim = ServiceClaim.Of(StoredJson.Tree(stored.Bytes)));
            yield return claim;
        }
    }

    private void End(ServiceClaim claim)
    {
        lock (gate)
        {
            addressesUnderWay.ExceptWith(claim.Addresses);
            portsUnderWay.ExceptWith(claim.NodePorts);
        }
    }

    private sealed class UnderWay(ServiceAllocations owner, ServiceClaim claim) : IDisposable
    {
        public void Dispose() => owner.End(claim);
    }
}

/// <summary>What no other service holds.</summary>
internal sealed class FreeResources
{
    private readonly HashSet<string> addresses;
    private readonly HashSet<long> ports;

    public FreeResources(IEnumerable<ServiceClaim> taken, IEnumerable<string> addressesUnderWay, IEnumerable<long> portsUnderWay)
    {
        addresses = [.. addressesUnderWay];
        ports = [.. portsUnderWay];
        foreach (var claim in taken)
        {
            addresses.UnionWith(claim.Addresses);
            ports.UnionWith(claim.NodePorts);
        }
    }

    public bool Has(string address) => !addresses.Contains(address);

    public bool Has(long port) => !ports.Contains(port);
}
