using System.Runtime.CompilerServices;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;

namespace Dovetail.Simulation.Tests.Faults;

/// <summary>
/// The API as a process sees it across a bad connection: calls take time and get lost on either way, watches break off, repeat themselves and lag, the server dies.
/// Calls are carried out in the server's process, so one that is under way is completed though its caller dies.
/// </summary>
public sealed class FaultyObjectApi(SimulatedServer server, FaultPlan faults, TimeProvider time) : IObjectApi
{
    public ValueTask<ObjectBytes> GetAsync(ObjectTarget target, string resourceVersion, CancellationToken ct) =>
        CallAsync(api => api.GetAsync(target, resourceVersion, CancellationToken.None), conflicts: false, ct);

    public ValueTask<ObjectListing> ListAsync(ObjectTarget target, ListOptions options, CancellationToken ct) =>
        CallAsync(api => api.ListAsync(target, options, CancellationToken.None), conflicts: false, ct);

    public async IAsyncEnumerable<ObjectEvent> WatchAsync(ObjectTarget target, WatchOptions options, [EnumeratorCancellation] CancellationToken ct)
    {
        await Task.Delay(faults.CallDelay, time, ct);
        if (server.Life is not { } life) throw Refused();
        if (faults.LosesRequest) throw Lost("watch");
        using var stream = new WatchStream();
        life.Process.Start(() => stream.FeedAsync(life.Registry.WatchAsync(target, options, CancellationToken.None)));
        using var died = life.Death.Token.UnsafeRegister(static state => ((WatchStream)state!).Break(Broken()), stream);
        while (await stream.NextAsync(ct) is { } change)
        {
            if (faults.EventDelay is { Ticks: > 0 } delay) await Task.Delay(delay, time, ct);
            if (faults.DropsWatch) yield break;
            if (faults.ExpiresWatch) throw new StatusException(new ApiStatus { Code = 410, Reason = "Expired", Message = "simulated: the revision is compacted" });
            yield return change;
            if (faults.RepeatsEvent) yield return change;
        }
    }

    public ValueTask<WriteResult> CreateAsync(ObjectTarget target, ReadOnlyMemory<byte> json, WriteOptions options, CancellationToken ct) =>
        CallAsync(api => api.CreateAsync(target, json, options, CancellationToken.None), conflicts: false, ct);

    public ValueTask<WriteResult> UpdateAsync(ObjectTarget target, ReadOnlyMemory<byte> json, WriteOptions options, CancellationToken ct) =>
        CallAsync(api => api.UpdateAsync(target, json, options, CancellationToken.None), conflicts: true, ct);

    public ValueTask<WriteResult> PatchAsync(ObjectTarget target, PatchType type, ReadOnlyMemory<byte> patch, WriteOptions options, CancellationToken ct) =>
        CallAsync(api => api.PatchAsync(target, type, patch, options, CancellationToken.None), conflicts: true, ct);

    public ValueTask<WriteResult> DeleteAsync(ObjectTarget target, DeleteOptions options, CancellationToken ct) =>
        CallAsync(api => api.DeleteAsync(target, options, CancellationToken.None), conflicts: false, ct);

    public ValueTask<ObjectListing> DeleteCollectionAsync(ObjectTarget target, ListOptions selection, DeleteOptions options, CancellationToken ct) =>
        CallAsync(api => api.DeleteCollectionAsync(target, selection, options, CancellationToken.None), conflicts: false, ct);

    private async ValueTask<T> CallAsync<T>(Func<IObjectApi, ValueTask<T>> call, bool conflicts, CancellationToken ct)
    {
        if (server.Life is not { } life)
        {
            await Task.Delay(faults.CallDelay, time, ct);
            throw Refused();
        }

        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        life.Process.Start(() => ServeAsync(life, call, conflicts, answer));
        using var cancelled = ct.UnsafeRegister(static (state, token) => ((TaskCompletionSource<T>)state!).TrySetCanceled(token), answer);
        using var died = life.Death.Token.UnsafeRegister(static state => ((TaskCompletionSource<T>)state!).TrySetException(Broken()), answer);
        return await answer.Task;
    }

    private async Task ServeAsync<T>(ServerLife life, Func<IObjectApi, ValueTask<T>> call, bool conflicts, TaskCompletionSource<T> answer)
    {
        try
        {
            await Task.Delay(faults.CallDelay, time);
            if (faults.LosesRequest) throw Lost("request");
            if (conflicts && faults.Conflicts)
                throw new StatusException(new ApiStatus { Code = 409, Reason = "Conflict", Message = "simulated: the object has been modified" });
            var result = await call(life.Registry);
            await Task.Delay(faults.CallDelay, time);
            if (faults.LosesAnswer) throw Lost("answer");
            answer.TrySetResult(result);
        }
        catch (Exception failure)
        {
            answer.TrySetException(failure);
        }
    }

    private static HttpRequestException Refused() => new("simulated: connection refused");

    private static HttpRequestException Broken() => new("simulated: connection reset by peer");

    private static StatusException Lost(string what) => new(new ApiStatus { Code = 504, Reason = "Timeout", Message = $"simulated: the {what} was lost" });
}
