using System.Text;
using System.Text.Json;
using Dovetail.Api.Json;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Runtime.Engines;

/// <summary>Turns a <c>metav1.Status</c> body into <see cref="ApiStatus"/>; anything else (a proxy's page, nothing) becomes a status with the HTTP code.</summary>
internal static class StatusReader
{
    public static ApiStatus Read(int httpCode, byte[] body)
    {
        V1Status? status = null;
        try
        {
            status = JsonSerializer.Deserialize(body, KubeJson.TypeInfo<V1Status>(BuiltInTypes.JsonOptions));
        }
        catch (JsonException)
        {
        }

        if (status is not { Kind: "Status" })
            return new ApiStatus { Code = httpCode, Reason = "Unknown", Message = $"HTTP {httpCode}: {Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 512)))}" };
        return new ApiStatus
        {
            Code = status.Code ?? httpCode,
            Reason = status.Reason ?? "Unknown",
            Message = status.Message ?? "",
            Name = status.Details?.Name ?? "",
            Group = status.Details?.Group ?? "",
            Kind = status.Details?.Kind ?? "",
            Uid = status.Details?.Uid ?? "",
            RetryAfterSeconds = status.Details?.RetryAfterSeconds,
            Causes = [.. (status.Details?.Causes ?? []).Select(cause => new StatusCause(cause.Reason ?? "", cause.Message ?? "", cause.Field ?? ""))],
        };
    }
}
