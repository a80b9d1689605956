using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Admission;

namespace Dovetail.ApiServer.Admission;

/// <summary>An admission plugin for one resource, not for its subresources; it answers at once and refuses with 403 in upstream's words.</summary>
internal abstract class BuiltInPlugin(string group, string resource, params AdmissionOperation[] operations) : IAdmissionPlugin
{
    public bool Handles(string askedGroup, string askedResource, string subresource, AdmissionOperation operation) =>
        subresource.Length == 0 && askedResource == resource && askedGroup == group && Array.IndexOf(operations, operation) >= 0;

    public ValueTask<AdmissionResult> MutateAsync(AdmissionRequest request, CancellationToken ct) => new(Answer(request, Mutate(request.Object!, request)));

    public ValueTask<AdmissionResult> ValidateAsync(AdmissionRequest request, CancellationToken ct) => new(Answer(request, Validate(request.Object!, request)));

    /// <returns>Why not; null for yes.</returns>
    protected virtual string? Mutate(JsonObject obj, AdmissionRequest request) => null;

    /// <returns>Why not; null for yes.</returns>
    protected virtual string? Validate(JsonObject obj, AdmissionRequest request) => null;

    protected static JsonObject Spec(JsonObject obj)
    {
        if (obj.Child("spec") is { } present) return present;
        var spec = new JsonObject();
        obj["spec"] = spec;
        return spec;
    }

    private AdmissionResult Answer(AdmissionRequest request, string? refusal) =>
        refusal is null ? AdmissionResult.Allowed : AdmissionResult.Refused(Refusals.Forbidden(group, resource, request.Object!.Metadata().Text("name"), refusal).Status);
}
