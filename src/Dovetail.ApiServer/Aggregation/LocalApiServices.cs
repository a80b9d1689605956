using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Microsoft.Extensions.Logging;

namespace Dovetail.ApiServer.Aggregation;

/// <summary>Keeps one available APIService for each group version that is served here: those of built-in groups and of aggregated APIs in this process from the start, those of custom resources as long
/// as these are served. An APIService that leads to a service elsewhere is its owner's.</summary>
public sealed class LocalApiServices(ObjectRegistry registry, ImmutableArray<AggregatedApi> aggregated, ILogger<LocalApiServices> log, TimeProvider time)
{
    private const string Manager = "kube-apiserver";

    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);
    private static readonly UserInfo User = UserInfo.Component("apiserver");
    private static readonly ObjectTarget Crds = new() { User = User, Group = "apiextensions.k8s.io", Version = "v1", Resource = "customresourcedefinitions" };
    private static readonly ObjectTarget Services = new() { User = User, Group = "apiregistration.k8s.io", Version = "v1", Resource = "apiservices" };

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await EnsureAsync(ct);
                // What is served changes with custom resources only.
                await foreach (var _ in registry.WatchAsync(Crds, new WatchOptions(), ct)) await EnsureAsync(ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LocalApiServicesLog.Failed(log, e);
                await Task.Delay(Retry, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Makes what is missing, takes away what is served no more.</summary>
    public async Task EnsureAsync(CancellationToken ct)
    {
        var present = (await registry.ListAsync(Services, new ListOptions(), ct)).Items.Select(item => StoredJson.Tree(item.Json.Span)).ToDictionary(obj => obj.Metadata().Text("name"));
        var wanted = Wanted().ToDictionary(service => service.Name);
        foreach (var service in wanted.Values)
        {
            if (!present.TryGetValue(service.Name, out var obj)) obj = await CreateAsync(service, ct);
            if (obj is not null && obj.Child("spec")?["service"] is null && !IsAvailable(obj)) await SetAvailableAsync(obj, ct);
        }

        foreach (var (name, obj) in present)
        {
            if (!wanted.ContainsKey(name) && LocalApiService.ComesAndGoes(obj.Metadata().Child("labels") ?? [])) await DeleteAsync(name, ct);
        }
    }

    private IEnumerable<LocalApiService> Wanted()
    {
        var served = registry.Catalog.Resources.Select(r => LocalApiService.Of(r.Group, r.Version, !r.Custom));
        var here = aggregated.SelectMany(api => api.ResourceLists.Select(list => LocalApiService.Of(api.Group, list.Version, builtIn: true)));
        return served.Concat(here).DistinctBy(service => service.Name);
    }

    private static bool IsAvailable(JsonObject obj) => obj.Child("status")?["conditions"] is JsonArray conditions
        && conditions.OfType<JsonObject>().Any(c => c.Text("type") == "Available" && c.Text("status") == "True");

    private async Task<JsonObject?> CreateAsync(LocalApiService service, CancellationToken ct)
    {
        try
        {
            var result = await registry.CreateAsync(Services, ObjectRenderer.Bytes(service.Object()), new WriteOptions { FieldManager = Manager }, ct);
            return StoredJson.Tree(result.Object.Json.Span);
        }
        catch (StatusException e) when (e.Status.Reason == "AlreadyExists")
        {
            return null;
        }
    }

    private async Task SetAvailableAsync(JsonObject obj, CancellationToken ct)
    {
        obj["status"] = new JsonObject
        {
            ["conditions"] = new JsonArray
            {
                (JsonNode)new JsonObject
                {
                    ["type"] = "Available",
                    ["status"] = "True",
                    ["lastTransitionTime"] = ObjectMeta.Timestamp(time.GetUtcNow()),
                    ["reason"] = "Local",
                    ["message"] = "Local APIServices are always available",
                },
            },
        };
        try
        {
            await registry.UpdateAsync(Services with { Name = obj.Metadata().Text("name"), Subresource = "status" }, ObjectRenderer.Bytes(obj), new WriteOptions { FieldManager = Manager }, ct);
        }
        catch (StatusException e) when (e.Status.Reason is "NotFound" or "Conflict")
        {
            // Changed or gone since: the next look sees what it is then.
        }
    }

    private async Task DeleteAsync(string name, CancellationToken ct)
    {
        try
        {
            await registry.DeleteAsync(Services with { Name = name }, new DeleteOptions(), ct);
        }
        catch (StatusException e) when (e.Status.Reason == "NotFound")
        {
            // Gone by itself.
        }
    }
}
