using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Api;
using Dovetail.Api.Json;
using Dovetail.Api.KubeVirt;
using k8s.Models;

namespace Dovetail.Virt.VirtController.VirtualMachines;

/// <summary>
/// A fingerprint of the template that a guest was started with (spec, labels, annotations), kept as an annotation on its VMI: when the VM's template has another one, the change
/// waits for a restart. The firmware UUID is left out, because we may add it ourselves later.
/// </summary>
public static class TemplateHash
{
    public const string Annotation = "virt-controller.dovetail.dev/template-hash";

    public static string Of(VirtualMachine vm) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sorted(Covered(vm))!.ToJsonString())));

    /// <summary>What the fingerprint is taken of: the template's spec in its place, its labels and annotations as metadata.</summary>
    internal static JsonObject Covered(VirtualMachine vm)
    {
        var template = vm.Spec?.Template ?? new();
        var json = KubeJson.TypeInfo<VirtualMachine>(ApiTypes.JsonOptions);
        var metadata = new V1ObjectMeta { Labels = template.Metadata?.Labels, Annotations = template.Metadata?.Annotations };
        var root = JsonSerializer.SerializeToNode(new VirtualMachine { Metadata = metadata, Spec = new() { Template = new() { Spec = template.Spec } } }, json)!;
        var domain = root["spec"]!["template"]!["spec"]?["domain"]?.AsObject();
        if (domain?["firmware"] is JsonObject firmware)
        {
            firmware.Remove("uuid");
            if (firmware.Count == 0) domain.Remove("firmware");
        }

        return (JsonObject)root;
    }

    /// <summary>Independent of the order in which a version of Dovetail writes fields.</summary>
    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, Sorted(p.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Sorted)]),
        _ => node?.DeepClone(),
    };
}
