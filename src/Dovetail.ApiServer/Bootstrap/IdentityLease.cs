using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Microsoft.Extensions.Logging;

namespace Dovetail.ApiServer.Bootstrap;

/// <summary>
/// Says that this API server lives (KEP 1965): a Lease <c>kube-system/apiserver-HASH</c> is renewed every ten seconds for an hour, under a name that follows from the host's. Leases of servers that are gone are taken
/// away an hour after their last renewal.
/// </summary>
internal sealed class IdentityLease(IObjectApi api, string host, string process, ILogger<IdentityLease> log, TimeProvider time)
{
    private const string Namespace = "kube-system";
    private const string IdentityLabel = "apiserver.kubernetes.io/identity";
    private const string Component = "kube-apiserver";
    private const int Seconds = 3600;

    private static readonly TimeSpan RenewPeriod = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan CleanPeriod = TimeSpan.FromHours(1);
    private static readonly UserInfo User = UserInfo.Component("apiserver");

    private DateTimeOffset nextCleaning = DateTimeOffset.MinValue;

    /// <summary>Names of one host and component are the same after every start, as upstream makes them.</summary>
    public string Name { get; } = NameOf(host);

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await RenewAsync(ct);
                if (time.GetUtcNow() >= nextCleaning) await CleanAsync(ct);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                IdentityLeaseLog.Failed(log, Name, e is StatusException refusal ? refusal.Status.Message : e.Message);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(RenewPeriod, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static string NameOf(string host)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[2];
        foreach (var part in new[] { host, Component })
        {
            var bytes = Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }

        return "apiserver-" + Base32(hash.GetHashAndReset().AsSpan(0, 16));
    }

    /// <summary>RFC 4648 without padding, in lower case.</summary>
    private static string Base32(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        var (bits, count) = (0, 0);
        foreach (var b in bytes)
        {
            (bits, count) = ((bits << 8) | b, count + 8);
            for (; count >= 5; count -= 5) text.Append("abcdefghijklmnopqrstuvwxyz234567"[(bits >> (count - 5)) & 31]);
            bits &= (1 << count) - 1;
        }

        if (count > 0) text.Append("abcdefghijklmnopqrstuvwxyz234567"[(bits << (5 - count)) & 31]);
        return text.ToString();
    }

    private Task RenewAsync(CancellationToken ct) => new SystemObject("coordination.k8s.io", "v1", "leases", new JsonObject
    {
        ["metadata"] = new JsonObject
        {
            ["name"] = Name,
            ["namespace"] = Namespace,
            ["labels"] = new JsonObject { [IdentityLabel] = Component, ["kubernetes.io/hostname"] = host },
        },
        ["spec"] = new JsonObject
        {
            ["holderIdentity"] = $"{Name}_{process}",
            ["leaseDurationSeconds"] = Seconds,
            ["renewTime"] = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture),
        },
    }).RepairAsync(api, ct);

    private async Task CleanAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var target = new ObjectTarget { User = User, Group = "coordination.k8s.io", Version = "v1", Resource = "leases", Namespace = Namespace };
        var leases = await api.ListAsync(target, new ListOptions { LabelSelector = $"{IdentityLabel}={Component}" }, ct);
        foreach (var stored in leases.Items)
        {
            var lease = StoredJson.Tree(stored.Json.Span);
            if (lease.Metadata().Text("name") == Name || !HasEnded(lease, now)) continue;
            var same = new DeleteOptions { PreconditionUid = lease.Metadata().Text("uid"), PreconditionResourceVersion = lease.Metadata().Text("resourceVersion") };
            await api.DeleteAsync(target with { Name = lease.Metadata().Text("name") }, same, ct);
        }

        nextCleaning = now + CleanPeriod;
    }

    /// <summary>One that does not say how long it counts does not count.</summary>
    private static bool HasEnded(JsonObject lease, DateTimeOffset now) =>
        lease.Child("spec") is not { } spec
        || spec.Number("leaseDurationSeconds") is not { } seconds
        || !DateTimeOffset.TryParse(spec.Text("renewTime"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var renewed)
        || renewed.AddSeconds(seconds) < now;
}
