using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Seam;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Dovetail.Runtime.LeaderElection;

public sealed record LeaderElectionOptions
{
    public required string Namespace { get; init; }

    public required string LeaseName { get; init; }

    /// <summary>Who we are: unique for each process.</summary>
    public required string Identity { get; init; }

    /// <summary>A lease that is not renewed for this long may be taken over. Upstream's default is 15 s.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A leader that cannot renew for this long stops leading. Upstream's default is 10 s.</summary>
    public TimeSpan RenewDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Time between tries. Upstream's default is 2 s.</summary>
    public TimeSpan RetryPeriod { get; init; } = TimeSpan.FromSeconds(2);
}

/// <summary>
/// Leader election on a <c>coordination.k8s.io/v1 Lease</c>, as client-go does it: the staleness of another's lease is measured by our own clock from when
/// we last saw it change, never by the times written in it, so clocks need not agree.
/// </summary>
public sealed class LeaderElector(IKubeApi api, LeaderElectionOptions options, TimeProvider time, Random random, ILogger<LeaderElector> logger)
{
    private string observedRecord = "";
    private long observedAt;

    public bool IsLeader { get; private set; }

    /// <summary>Runs <paramref name="lead"/> whenever this process leads; its token is cancelled when leadership ends, and it is awaited before trying again.</summary>
    public async Task RunAsync(Func<CancellationToken, Task> lead, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            while (!await TryHoldAsync(ct))
                if (!await Pause.ForAsync(options.RetryPeriod * (1 + (0.2 * random.NextDouble())), time, ct))
                    return;

            logger.Leading(options.Identity, options.LeaseName);
            IsLeader = true;
            using var term = CancellationTokenSource.CreateLinkedTokenSource(ct);
            var leading = lead(term.Token);
            await RenewUntilLostAsync(ct);
            IsLeader = false;
            term.Cancel(); // here and now: CancelAsync would go to the thread pool
            try
            {
                await leading;
            }
            catch (OperationCanceledException) when (term.IsCancellationRequested)
            {
            }

            if (ct.IsCancellationRequested) await ReleaseAsync();
            else logger.LeadershipLost(options.Identity, options.LeaseName);
        }
    }

    private async Task RenewUntilLostAsync(CancellationToken ct)
    {
        var renewed = time.GetTimestamp();
        while (await Pause.ForAsync(options.RetryPeriod, time, ct))
        {
            if (await TryHoldAsync(ct)) renewed = time.GetTimestamp();
            else if (time.GetElapsedTime(renewed) >= options.RenewDeadline) return;
        }
    }

    /// <summary>Acquires or renews; false when another holds the lease or the write failed.</summary>
    private async Task<bool> TryHoldAsync(CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(options.RenewDeadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            var lease = await api.FindAsync(BuiltInTypes.Leases, options.Namespace, options.LeaseName, either.Token);
            if (lease is null)
            {
                await api.CreateAsync(BuiltInTypes.Leases, NewLease(), either.Token);
                return true;
            }

            if (HeldByAnother(lease)) return false;
            await api.ReplaceAsync(BuiltInTypes.Leases, Held(lease), "", either.Token);
            return true;
        }
        catch (StatusException race) when (race.Status.Reason is "Conflict" or "AlreadyExists")
        {
            return false;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return false;
        }
#pragma warning disable CA1031 // Whatever went wrong, the lease was not renewed; the deadline decides what that means.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            logger.LeaseWriteFailed(failure, options.Identity, options.LeaseName);
            return false;
        }
    }

    private bool HeldByAnother(V1Lease lease)
    {
        var record = $"{lease.Metadata.ResourceVersion} {lease.Spec?.HolderIdentity} {lease.Spec?.RenewTime:O}";
        if (record != observedRecord)
        {
            observedRecord = record;
            observedAt = time.GetTimestamp();
        }

        if (lease.Spec?.HolderIdentity is null or "" || lease.Spec.HolderIdentity == options.Identity) return false;
        var duration = TimeSpan.FromSeconds(lease.Spec.LeaseDurationSeconds ?? (int)options.LeaseDuration.TotalSeconds);
        return time.GetElapsedTime(observedAt) < duration;
    }

    private V1Lease NewLease()
    {
        var now = time.GetUtcNow().UtcDateTime;
        return new V1Lease
        {
            ApiVersion = BuiltInTypes.Leases.ApiVersion,
            Kind = BuiltInTypes.Leases.Kind,
            Metadata = new V1ObjectMeta { NamespaceProperty = options.Namespace, Name = options.LeaseName },
            Spec = new V1LeaseSpec
            {
                HolderIdentity = options.Identity,
                LeaseDurationSeconds = (int)options.LeaseDuration.TotalSeconds,
                AcquireTime = now,
                RenewTime = now,
                LeaseTransitions = 0,
            },
        };
    }

    private V1Lease Held(V1Lease lease)
    {
        var held = BuiltInTypes.Leases.Copy(lease);
        var ours = lease.Spec?.HolderIdentity == options.Identity;
        var fresh = NewLease().Spec;
        held.Spec = fresh with
        {
            AcquireTime = ours ? lease.Spec!.AcquireTime : fresh.AcquireTime,
            LeaseTransitions = (lease.Spec?.LeaseTransitions ?? 0) + (ours ? 0 : 1),
        };
        return held;
    }

    /// <summary>Gives the lease back at shutdown, so that a successor need not wait for it to grow stale.</summary>
    private async Task ReleaseAsync()
    {
        using var limit = new CancellationTokenSource(options.RetryPeriod, time);
        try
        {
            if (await api.FindAsync(BuiltInTypes.Leases, options.Namespace, options.LeaseName, limit.Token) is not { } lease
                || lease.Spec?.HolderIdentity != options.Identity) return;
            var released = BuiltInTypes.Leases.Copy(lease);
            released.Spec = released.Spec with { HolderIdentity = "", LeaseDurationSeconds = 1 };
            await api.ReplaceAsync(BuiltInTypes.Leases, released, "", limit.Token);
        }
#pragma warning disable CA1031 // Best effort at the end of the process; the lease grows stale by itself.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            logger.LeaseWriteFailed(failure, options.Identity, options.LeaseName);
        }
    }
}
