using System.Text.Json;
using System.Text.Json.Serialization;
using Dovetail.Api.Cdi;
using Dovetail.Api.KubeVirt;

namespace Dovetail.Api.Json;

/// <summary>Source-generated JSON of our wire types. Take type information from <see cref="ApiTypes.JsonOptions"/>, which adds Kubernetes' conventions (<see cref="KubeJson"/>).</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    GenerationMode = JsonSourceGenerationMode.Metadata,
    Converters = [typeof(KubeTimeConverter)])]
[JsonSerializable(typeof(VirtualMachine))]
[JsonSerializable(typeof(VirtualMachineInstance))]
[JsonSerializable(typeof(VirtualMachineInstanceMigration))]
[JsonSerializable(typeof(VirtualMachineInstanceReplicaSet))]
[JsonSerializable(typeof(VirtualMachineInstancePreset))]
[JsonSerializable(typeof(KubeVirt.KubeVirt))]
[JsonSerializable(typeof(DataVolumeSpec))]
[JsonSerializable(typeof(JsonElement))]
public sealed partial class ApiJson : JsonSerializerContext;
