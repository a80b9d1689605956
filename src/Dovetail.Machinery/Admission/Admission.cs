using System.Text.Json.Nodes;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;

namespace Dovetail.Machinery.Admission;

public enum AdmissionOperation
{
    Create,
    Update,
    Delete,
    Connect,
}

/// <summary>What an admission plugin judges; the same facts as <c>admission.k8s.io/v1 AdmissionRequest</c>.</summary>
public sealed record AdmissionRequest
{
    public required AdmissionOperation Operation { get; init; }

    public required ObjectTarget Target { get; init; }

    /// <summary>The object as it would be stored (null for Delete). A mutating plugin edits it in place.</summary>
    public required JsonObject? Object { get; init; }

    /// <summary>The stored object (null for Create). Not to be changed.</summary>
    public required JsonObject? OldObject { get; init; }

    public bool DryRun { get; init; }
}

/// <summary>What a plugin answers: null for yes, or the refusal with every cause at once.</summary>
public sealed record AdmissionResult(ApiStatus? Refusal, IReadOnlyList<string> Warnings)
{
    public static AdmissionResult Allowed { get; } = new(null, []);

    public static AdmissionResult Refused(ApiStatus refusal) => new(refusal, []);
}

/// <summary>In-process admission with the contract of a webhook: first every plugin's <see cref="MutateAsync"/>, then schema validation, then every plugin's <see cref="ValidateAsync"/>.</summary>
public interface IAdmissionPlugin
{
    /// <summary>Whether this plugin wants requests for the resource ("" group for core) and subresource ("" for the object itself).</summary>
    bool Handles(string group, string resource, string subresource, AdmissionOperation operation);

    ValueTask<AdmissionResult> MutateAsync(AdmissionRequest request, CancellationToken ct);

    ValueTask<AdmissionResult> ValidateAsync(AdmissionRequest request, CancellationToken ct);
}
