using System.Runtime.CompilerServices;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Simulation.Tests.Kernel;

namespace Dovetail.Simulation.Tests.Faults;

/// <summary>
/// The API as a process sees it across a bad connection: calls take time and get lost on either way, watches break off, repeat themselves and lag.
/// Calls are carried out in the server's process, so one that is under way is completed though its caller dies.
/// </summary>
public sealed class FaultyObjectApi(IObjectApi inner, SimulatedProcess server, FaultPlan faults, TimeProvider time) : IObjectApi
{
    public ValueTask<ObjectBytes> GetAsync(ObjectTarget target, string resourceVersion, CancellationToken ct) =>
        CallAsync(() => inner.GetAsync(target, resourceVersion, CancellationToken.None), conflicts: false, ct);

    public ValueTask<ObjectListing> ListAsync(ObjectTarget target, ListOptions options, CancellationToken ct) =>
        CallAsync(() => inner.ListAsync(target, options, CancellationToken.None), conflicts: false, ct);

    public async IAsyncEnumerable<ObjectEvent> WatchAsync(ObjectTarget target, WatchOptions options, [EnumeratorCancellation] CancellationToken ct)
    {
        await Task.Delay(faults.CallDelay, time, ct);
        if (faults.LosesRequest) throw Lost("watch");
        await foreach (var change in inner.WatchAsync(target, options, ct))
        {
            if (faults.EventDelay is { Ticks: > 0 } delay) await Task.Delay(delay, time, ct);
            if (faults.DropsWatch) yield break;
            if (faults.ExpiresWatch) throw new StatusException(new ApiStatus { Code = 410, Reason = "Expired", Message = "simulated: the revision is compacted" });
            yield return change;
            if (faults.RepeatsEvent) yield return change;
        }
    }

    public ValueTask<WriteResult> CreateAsync(ObjectTarget target, ReadOnlyMemory<byte> json, WriteOptions options, CancellationToken ct) =>
        CallAsync(() => inner.CreateAsync(target, json, options, CancellationToken.None), conflicts: false, ct);

    public ValueTask<WriteResult> UpdateAsync(ObjectTarget target, ReadOnlyMemory<byte> json, WriteOptions options, CancellationToken ct) =>
        CallAsync(() => inner.UpdateAsync(target, json, options, CancellationToken.None), conflicts: true, ct);

    public ValueTask<WriteResult> PatchAsync(ObjectTarget target, PatchType type, ReadOnlyMemory<byte> patch, WriteOptions options, CancellationToken ct) =>
        CallAsync(() => inner.PatchAsync(target, type, patch, options, CancellationToken.None), conflicts: true, ct);

    public ValueTask<WriteResult> DeleteAsync(ObjectTarget target, DeleteOptions options, CancellationToken ct) =>
        CallAsync(() => inner.DeleteAsync(target, options, CancellationToken.None), conflicts: false, ct);

    public ValueTask<ObjectListing> DeleteCollectionAsync(ObjectTarget target, ListOptions selection, DeleteOptions options, CancellationToken ct) =>
        CallAsync(() => inner.DeleteCollectionAsync(target, selection, options, CancellationToken.None), conflicts: false, ct);

    private async ValueTask<T> CallAsync<T>(Func<ValueTask<T>> call, bool conflicts, CancellationToken ct)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Start(() => ServeAsync(call, conflicts, answer));
        using var cancelled = ct.UnsafeRegister(static (state, token) => ((TaskCompletionSource<T>)state!).TrySetCanceled(token), answer);
        return await answer.Task;
    }

    private async Task ServeAsync<T>(Func<ValueTask<T>> call, bool conflicts, TaskCompletionSource<T> answer)
    {
        try
        {
            await Task.Delay(faults.CallDelay, time);
            if (faults.LosesRequest) throw Lost("request");
            if (conflicts && faults.Conflicts)
                throw new StatusException(new ApiStatus { Code = 409, Reason = "Conflict", Message = "simulated: the object has been modified" });
            var result = await call();
            await Task.Delay(faults.CallDelay, time);
            if (faults.LosesAnswer) throw Lost("answer");
            answer.TrySetResult(result);
        }
        catch (Exception failure)
        {
            answer.TrySetException(failure);
        }
    }

    private static StatusException Lost(string what) => new(new ApiStatus { Code = 504, Reason = "Timeout", Message = $"simulated: the {what} was lost" });
}
