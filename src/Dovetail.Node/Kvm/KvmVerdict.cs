using System.Text.Json.Serialization;

namespace Dovetail.Node.Kvm;

/// <summary>Whether guests can use KVM on this node, and why (not), in words for a user.</summary>
public sealed record KvmVerdict(bool Usable, string Reason)
{
    public static KvmVerdict No(string reason) => new(false, reason);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(KvmVerdict))]
internal sealed partial class KvmJson : JsonSerializerContext;
