using System.Text.Json;
using System.Text.Json.Serialization;
using Dovetail.Api.Cdi;
using Dovetail.Api.KubeVirt;

namespace Dovetail.Api.Json;

/// <summary>(De)serialisation of our wire types as Kubernetes does it: camelCase, absent rather than null, times in RFC 3339 with whole seconds.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(Rfc3339SecondsConverter)])]
[JsonSerializable(typeof(VirtualMachine))]
[JsonSerializable(typeof(VirtualMachineInstance))]
[JsonSerializable(typeof(VirtualMachineInstanceMigration))]
[JsonSerializable(typeof(VirtualMachineInstanceReplicaSet))]
[JsonSerializable(typeof(VirtualMachineInstancePreset))]
[JsonSerializable(typeof(KubeVirt.KubeVirt))]
[JsonSerializable(typeof(DataVolumeSpec))]
[JsonSerializable(typeof(JsonElement))]
public sealed partial class ApiJson : JsonSerializerContext;
