using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Admission;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Yaml;
using Dovetail.Virt.VirtApi.Admission;

namespace Dovetail.Virt.Tests.VirtApi;

/// <summary>Requests as the API server hands them to virt-api's admission: mutate, then validate.</summary>
internal static class Admit
{
    public static readonly UserInfo User = new("alice", ["system:authenticated"]);
    public static readonly Guid Generated = new("11111111-2222-3333-4444-555555555555");

    /// <summary>A VMI that passes; the tests change it.</summary>
    public const string SmallInstance = """
        apiVersion: kubevirt.io/v1
        kind: VirtualMachineInstance
        metadata: {name: web, namespace: demo}
        spec:
          domain:
            memory: {guest: 128Mi}
            devices:
              disks: [{name: root, disk: {bus: virtio}}]
          volumes: [{name: root, containerDisk: {image: "127.0.0.1:5000/dovetail/tiny"}}]
        """;

    public static JsonObject Parse(string yaml) => (JsonObject)JsonNode.Parse(YamlToJson.Convert(System.Text.Encoding.UTF8.GetBytes(yaml)))!;

    public static JsonObject Instance(Action<JsonObject>? change = null)
    {
        var instance = Parse(SmallInstance);
        change?.Invoke((JsonObject)instance["spec"]!);
        return instance;
    }

    public static JsonObject Machine(Action<JsonObject>? change = null)
    {
        var machine = new JsonObject
        {
            ["apiVersion"] = "kubevirt.io/v1",
            ["kind"] = "VirtualMachine",
            ["metadata"] = new JsonObject { ["name"] = "web", ["namespace"] = "demo" },
            ["spec"] = new JsonObject { ["runStrategy"] = "Always", ["template"] = new JsonObject { ["spec"] = Instance()["spec"]!.DeepClone() } },
        };
        change?.Invoke((JsonObject)machine["spec"]!);
        return machine;
    }

    public static async Task<ImmutableArray<StatusCause>> CausesAsync(JsonObject obj, JsonObject? old = null, UserInfo? user = null) => (await RunAsync(obj, old, user))?.Causes ?? [];

    /// <summary>The refusal, or null; <paramref name="obj"/> is completed in place.</summary>
    public static async Task<ApiStatus?> RunAsync(JsonObject obj, JsonObject? old = null, UserInfo? user = null) => (await ResultAsync(obj, old, user)).Refusal;

    public static async Task<AdmissionResult> ResultAsync(JsonObject obj, JsonObject? old = null, UserInfo? user = null)
    {
        var ct = TestContext.Current.CancellationToken;
        var resource = (string)obj["kind"]! == "VirtualMachine" ? "virtualmachines" : "virtualmachineinstances";
        var operation = old is null ? AdmissionOperation.Create : AdmissionOperation.Update;
        var admission = new VirtAdmission(() => Generated);
        admission.Handles("kubevirt.io", resource, "", operation).ShouldBeTrue();
        var request = new AdmissionRequest
        {
            Operation = operation,
            Target = new() { User = user ?? User, Group = "kubevirt.io", Version = "v1", Resource = resource, Namespace = "demo", Name = "web" },
            Object = obj,
            OldObject = old,
        };
        (await admission.MutateAsync(request, ct)).Refusal.ShouldBeNull();
        return await admission.ValidateAsync(request, ct);
    }

    /// <summary>The node at a path like <c>domain.devices.disks.0.disk</c>, from the object's spec.</summary>
    public static JsonNode? At(this JsonObject obj, string path) =>
        path.Split('.').Aggregate((JsonNode?)obj, (node, name) => node is JsonArray items ? items[int.Parse(name, System.Globalization.CultureInfo.InvariantCulture)] : node?[name]);

    public static string Text(this JsonObject obj, string path) => obj.At(path)?.ToString() ?? "";
}
