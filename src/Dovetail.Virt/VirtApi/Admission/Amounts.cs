using System.Text.Json.Nodes;
using Dovetail.Api.Json;
using k8s.Models;

namespace Dovetail.Virt.VirtApi.Admission;

/// <summary>Amounts of CPU and memory in JSON that has not been checked yet, and in checked models.</summary>
internal static class Amounts
{
    /// <summary>The whole number at or above the quantity; null when it is none.</summary>
    public static long? CeilingOf(JsonNode node)
    {
        try
        {
            return (long)Math.Ceiling(KubeQuantityConverter.Parse(node.ToString()).ToDecimal());
        }
        catch (FormatException)
        {
            return null; // Validation names it.
        }
    }

    /// <summary>As a user reads it in a message.</summary>
    public static string? Text(ResourceQuantity? amount) => amount is null ? null : KubeQuantityConverter.Text(amount);

    public static decimal? Of(IDictionary<string, ResourceQuantity>? amounts, string resource) => amounts is not null && amounts.TryGetValue(resource, out var amount) ? amount.ToDecimal() : null;
}
