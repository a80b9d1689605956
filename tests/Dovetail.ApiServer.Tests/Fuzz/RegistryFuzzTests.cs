using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;
using Dovetail.Machinery.Tables;
using static Dovetail.ApiServer.Tests.RegistryHarness;

namespace Dovetail.ApiServer.Tests.Fuzz;

/// <summary>Hostile writes and reads against the registry: each is done or refused with a Status below 500, and what was stored can be got, listed, selected, shown as a table, watched, written back
/// as it was read, and read by the registry's next start.</summary>
public sealed class RegistryFuzzTests
{
    private const int Steps = 40;

    private static readonly (string Group, string Version, string Plural)[] Resources =
    [
        ("", "v1", "configmaps"), ("", "v1", "configmaps"), ("", "v1", "pods"), ("", "v1", "services"), ("", "v1", "secrets"), ("", "v1", "serviceaccounts"), ("", "v1", "persistentvolumeclaims"), ("", "v1", "events"),
        ("", "v1", "endpoints"), ("", "v1", "limitranges"), ("apps", "v1", "deployments"), ("apps", "v1", "statefulsets"), ("batch", "v1", "jobs"), ("batch", "v1", "cronjobs"), ("rbac.authorization.k8s.io", "v1", "roles"),
        ("networking.k8s.io", "v1", "networkpolicies"), ("networking.k8s.io", "v1", "ingresses"), ("policy", "v1", "poddisruptionbudgets"), ("coordination.k8s.io", "v1", "leases"), ("autoscaling", "v2", "horizontalpodautoscalers"),
        ("fuzz.example.com", "v1", "frees"), ("fuzz.example.com", "v1", "frees"), ("fuzz.example.com", "v1", "stricts"), ("fuzz.example.com", "v1", "stricts"),
    ];

    [Fact]
    public void Whatever_is_sent_to_the_registry_is_done_or_refused_and_what_is_stored_can_be_used() => FuzzRun.Seeds(random =>
    {
        var harness = new RegistryHarness();
        CreateCrds(harness);
        for (var step = 0; step < Steps; step++)
        {
            var (group, version, plural) = random.Pick(Resources);
            var resource = harness.Registry.Catalog.Find(group, version, plural);
            if (resource is null) continue;
            Step(harness, random, resource);
        }

        UseEverything(harness);
    });

    [Fact]
    public void Whatever_is_sent_as_a_CRD_is_refused_or_served() => FuzzRun.Seeds(random =>
    {
        var harness = new RegistryHarness();
        for (var step = 0; step < 8; step++)
        {
            var schema = Encoding.UTF8.GetString(NastySchema.Json(random));
            var crd = Crd($"crd{step}s", schema, random.Next(3) == 0 ? $$""","additionalPrinterColumns":[{"name":"a","type":"{{random.Pick(["string", "integer", "date", "nope"])}}","jsonPath":{{JsonValue.Create(random.Next(2) == 0 ? ".spec.a" : "." + NastyText.Word(random)).ToJsonString()}}}]""" : "");
            if (Attempt(() => harness.Create(Target("apiextensions.k8s.io", "v1", "customresourcedefinitions"), crd)) is null) continue;
            if (harness.Registry.Catalog.Find("fuzz.example.com", "v1", $"crd{step}s") is not { } resource) continue;
            for (var i = 0; i < 5; i++) Step(harness, random, resource);
        }

        UseEverything(harness);
    });

    private static void Step(RegistryHarness harness, Random random, ServedResource resource)
    {
        var name = "n" + random.Next(3);
        var target = Target(resource.Group, resource.Version, resource.Plural, resource.Namespaced ? "demo" : "", name);
        var json = new NastyJson(random);
        var options = new WriteOptions
        {
            DryRun = random.Next(10) == 0,
            Force = random.Next(2) == 0,
            FieldManager = random.Next(10) == 0 ? NastyText.Word(random) : "m" + random.Next(3),
            FieldValidation = random.Pick(["", "", "Warn", "Strict", "Ignore", "x"]),
        };
        Attempt(() => random.Next(9) switch
        {
            0 or 1 => Done(harness.Registry.CreateAsync(target with { Name = "" }, json.Object(resource, "demo", name), options, default)),
            2 => Done(harness.Registry.UpdateAsync(target with { Subresource = random.Pick(["", "", "status", "scale"]) }, json.Object(resource, "demo", name), options, default)),
            3 => Done(harness.Registry.PatchAsync(target with { Subresource = random.Pick(["", "", "status", "scale"]) }, random.Pick([PatchType.Merge, PatchType.StrategicMerge]), json.Patch(resource), options, default)),
            4 => Done(harness.Registry.PatchAsync(target, PatchType.Json, JsonPatch(random), options, default)),
            5 or 6 => Done(harness.Registry.PatchAsync(target with { Subresource = random.Pick(["", "", "", "status"]) }, PatchType.ApplyYaml, json.Object(resource, "demo", name), options, default)),
            7 => Done(harness.Registry.DeleteAsync(target, new DeleteOptions { DryRun = random.Next(2) == 0, GracePeriodSeconds = random.Pick<long?>([null, 0, 1, long.MaxValue]), PropagationPolicy = random.Pick(["", "Foreground", "Orphan", "Background", "x"]) }, default)),
            _ => (object)Done(harness.Registry.ListAsync(target with { Name = "" }, NastyList(random), default)),
        });
    }

    private static ListOptions NastyList(Random random) => new()
    {
        LabelSelector = random.Next(2) == 0 ? "" : NastyText.Word(random),
        FieldSelector = random.Next(3) > 0 ? "" : $"metadata.name={NastyText.Word(random)}",
        ResourceVersion = random.Next(2) == 0 ? "" : NastyText.Number(random),
        ResourceVersionMatch = random.Pick(["", "", "Exact", "NotOlderThan", "x"]),
        Limit = random.Pick([0, 1, 2, -1, long.MaxValue]),
        Continue = random.Next(3) > 0 ? "" : random.Next(2) == 0 ? NastyText.Word(random) : Token(random),
    };

    private static string Token(Random random)
    {
        var json = $$"""{"v":"{{random.Pick(["meta.k8s.io/v1", "x"])}}","rv":{{NastyText.Number(random)}},"start":"{{random.Pick(["demo/a\\u0000", "/", "a", "../a", "\\ud800/a", ""])}}"{{(random.Next(5) == 0 ? ",\"v\":1" : "")}}}""";
        return System.Buffers.Text.Base64Url.EncodeToString(random.Next(4) == 0 ? NastyText.Mutate(random, Encoding.UTF8.GetBytes(json)) : Encoding.UTF8.GetBytes(json));
    }

    private static byte[] JsonPatch(Random random)
    {
        string[] paths = ["", "/", "/metadata", "/metadata/labels", "/metadata/labels/a", "/metadata/name", "/metadata/managedFields", "/metadata/managedFields/0", "/metadata/managedFields/0/fieldsV1/f:x", "/metadata/annotations",
            "/metadata/finalizers/-", "/spec", "/spec/a", "/spec/a/a", "/spec/a/a/a/a/a/a/a/a", "/spec/a/-", "/spec/a/0", "/data", "/data/a", "/status", "/spec/~1", "/spec/~0~1", "/spec/~", "/spec/-1", "/spec/00", "x"];
        var operations = Enumerable.Range(0, random.Next(1, 40)).Select(_ =>
            $$"""{"op":"{{random.Pick(["add", "add", "copy", "copy", "move", "remove", "replace", "test", "x"])}}","path":"{{random.Pick(paths)}}","from":"{{random.Pick(paths)}}","value":{{random.Pick(["{}", "{}", "1", "null", "[]", "\"a\"", "{\"a\":{}}", "1e999", "[[[]]]", "{\"a\":1,\"a\":2}"])}}}""");
        var patch = Encoding.UTF8.GetBytes($"[{string.Join(",", operations)}]");
        return random.Next(10) == 0 ? NastyText.Mutate(random, patch) : patch;
    }

    /// <summary>Everything that is there can be read in every way, and written back.</summary>
    private static void UseEverything(RegistryHarness harness)
    {
        foreach (var resource in harness.Registry.Catalog.Resources.Where(r => r.Verbs.Contains("list") && r.StorageVersion == r.Version))
        {
            var target = Target(resource.Group, resource.Version, resource.Plural);
            var all = harness.List(target);
            if (all.Items.Count == 0) continue;
            harness.List(target, new ListOptions { LabelSelector = "a,b!=c" });
            harness.List(target, new ListOptions { FieldSelector = "metadata.name!=a" }).Items.Count.ShouldBe(all.Items.Count);
            TableWriter.WriteTable(new ArrayBufferWriter<byte>(), resource.Table, new ListMetadata("1"), all.Items.Select(i => i.Json), IncludeObject.Object, harness.Time.GetUtcNow());
            foreach (var item in all.Items) WriteBack(harness, resource, item);
        }

        // The next start reads the same.
        var next = new ObjectRegistry(new ObjectRegistryOptions { Store = harness.Store, Time = harness.Time, Randomness = new CountingRandomness() });
        next.Catalog.Resources.Length.ShouldBe(harness.Registry.Catalog.Resources.Length);
    }

    private static void WriteBack(RegistryHarness harness, ServedResource resource, ObjectBytes item)
    {
        var metadata = (JsonObject)((JsonObject)JsonObjectReader.Read(item.Json.Span).Root!)["metadata"]!;
        var target = Target(resource.Group, resource.Version, resource.Plural, (string?)metadata["namespace"] ?? "", (string)metadata["name"]!);
        var got = Done(harness.Registry.GetAsync(target, "", default));
        got.Json.Span.SequenceEqual(item.Json.Span).ShouldBeTrue("get and list show the same bytes");
        var written = Attempt(() => Done(harness.Registry.UpdateAsync(target, got.Json, new WriteOptions { FieldManager = "back" }, default)));
        if (resource.Plural is "frees" or "configmaps") written.ShouldNotBeNull($"what was read cannot be written back: {Encoding.UTF8.GetString(got.Json.Span)}");
        Attempt(() => Done(harness.Registry.PatchAsync(target, PatchType.Merge, """{"metadata":{"annotations":{"x":"y"}}}"""u8.ToArray(), new WriteOptions { FieldManager = "back" }, default)));
        Attempt(() => Done(harness.Registry.PatchAsync(target, PatchType.ApplyYaml, Utf8($$$"""{"apiVersion":"{{{resource.ApiVersion}}}","kind":"{{{resource.Kind}}}","metadata":{"name":"{{{target.Name}}}","labels":{"x":"y"} } }"""), new WriteOptions { FieldManager = "applier", Force = true }, default)));
    }

    private static void CreateCrds(RegistryHarness harness)
    {
        harness.Create(Target("apiextensions.k8s.io", "v1", "customresourcedefinitions"), Crd("frees", """{"type":"object","x-kubernetes-preserve-unknown-fields":true}"""));
        harness.Create(Target("apiextensions.k8s.io", "v1", "customresourcedefinitions"), Crd("stricts", """
            {"type":"object","properties":{"spec":{"type":"object","default":{"e":"x"},"properties":{"a":{"type":"object","additionalProperties":{"type":"array","items":{"type":"string"}}},"b":{"type":"integer","minimum":1},
            "c":{"type":"string","pattern":"^(a+)+$"},"d":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["k"],"items":{"type":"object","required":["k"],"properties":{"k":{"type":"string"},"v":{"x-kubernetes-int-or-string":true}}}},
            "e":{"type":"string","nullable":true,"default":"y"},"f":{"type":"object","x-kubernetes-embedded-resource":true,"x-kubernetes-preserve-unknown-fields":true},"g":{"type":"array","x-kubernetes-list-type":"set","items":{"type":"string"}},"h":{"type":"string","format":"date-time"}}},
            "status":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}
            """, ""","subresources":{"status":{},"scale":{"specReplicasPath":".spec.b","statusReplicasPath":".status.replicas","labelSelectorPath":".status.selector"}},"additionalPrinterColumns":[{"name":"x","type":"string","jsonPath":".spec..a[*]"},{"name":"y","type":"date","jsonPath":".spec.h"}]"""));
    }

    private static string Crd(string plural, string schema, string more = "") => $$$"""
        {"metadata":{"name":"{{{plural}}}.fuzz.example.com"},"spec":{"group":"fuzz.example.com","scope":"Namespaced","names":{"plural":"{{{plural}}}","singular":"{{{plural[..^1]}}}","kind":"K{{{plural}}}","listKind":"K{{{plural}}}List"},
        "versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{{{schema}}} }{{{more}}} }]}}
        """;

    /// <summary>Null: refused, as a client's mistake. Anything else goes through.</summary>
    private static object? Attempt(Func<object> write)
    {
        try
        {
            return write();
        }
        catch (StatusException e) when (e.Status.Code is >= 400 and < 500 || IsUpstreamsOwn(e.Status))
        {
            return null;
        }
    }

    /// <summary>Kubernetes too answers these mistakes of clients with 500 or 504.</summary>
    private static bool IsUpstreamsOwn(ApiStatus status) =>
        status.Message.Contains("failed to create typed patch object", StringComparison.Ordinal) || status.Message.Contains("Too large resource version", StringComparison.Ordinal)
        || status.Message.StartsWith("strconv.ParseUint: parsing", StringComparison.Ordinal) || status.Message.Contains("failed to convert", StringComparison.Ordinal) || status.Message.Contains("unable to find api field", StringComparison.Ordinal)
        || status.Message.Contains("does not contain declared merge key", StringComparison.Ordinal);
}
