using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Admission;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;

namespace Dovetail.ApiServer.Registry;

/// <summary>Runs the plugins in the order of their registration: all that mutate, later all that validate. The first refusal ends the request.</summary>
internal sealed class AdmissionChain(ImmutableArray<IAdmissionPlugin> plugins)
{
    /// <summary>Whether anybody wants to see such requests; most writes are nobody's business.</summary>
    public bool Handles(ObjectTarget target, AdmissionOperation operation) =>
        plugins.Any(p => p.Handles(target.Group, target.Resource, target.Subresource, operation));

    public ValueTask MutateAsync(AdmissionRequest request, List<string> warnings, CancellationToken ct) =>
        RunAsync(request, static (p, r, c) => p.MutateAsync(r, c), warnings, ct);

    public ValueTask ValidateAsync(AdmissionRequest request, List<string> warnings, CancellationToken ct) =>
        RunAsync(request, static (p, r, c) => p.ValidateAsync(r, c), warnings, ct);

    public static AdmissionRequest Request(AdmissionOperation operation, ObjectTarget target, JsonObject? obj, JsonObject? old, bool dryRun) =>
        new() { Operation = operation, Target = target, Object = obj, OldObject = old, DryRun = dryRun };

    private async ValueTask RunAsync(
        AdmissionRequest request, Func<IAdmissionPlugin, AdmissionRequest, CancellationToken, ValueTask<AdmissionResult>> call, List<string> warnings, CancellationToken ct)
    {
        var target = request.Target;
        foreach (var plugin in plugins)
        {
            if (!plugin.Handles(target.Group, target.Resource, target.Subresource, request.Operation)) continue;
            var result = await call(plugin, request, ct);
            warnings.AddRange(result.Warnings);
            if (result.Refusal is { } refusal) throw new StatusException(refusal);
        }
    }
}
