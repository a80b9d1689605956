using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Api;
using Dovetail.ApiServer.Crds;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Yaml;
using Dovetail.Store;

namespace Dovetail.Virt.Tests.Examples;

/// <summary>Upstream's example manifests pass our CRDs with strict field validation: no field of theirs is unknown to us. (What does not work yet is admission's to refuse.)</summary>
public sealed class UpstreamExampleTests
{
    private static readonly UserInfo User = new("tester", [UserInfo.MastersGroup]);

    [Fact]
    public async Task Every_vm_and_vmi_among_upstreams_examples_fits_the_schema()
    {
        var ct = TestContext.Current.CancellationToken;
        var folder = Path.Combine(Environment.GetEnvironmentVariable("DOVETAIL_REFERENCE") ?? Path.Combine(Repository(), "../shared/reference/data"), "kubevirt/examples");
        if (!Directory.Exists(folder)) Assert.Skip($"no reference data at {folder} (DOVETAIL_REFERENCE)");
        var bundle = new CrdBundle(KubeVirtCrds.All.Select(crd => crd.Json));
        var registry = new ObjectRegistry(new() { Store = new MemoryRevisionStore(), Time = TimeProvider.System, TrustedCelRules = bundle.Names });
        await bundle.EnsureAsync(registry, ct);
        await registry.CreateAsync(
            new() { User = User, Group = "", Version = "v1", Resource = "namespaces" }, """{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"default"}}"""u8.ToArray(), new(), ct);

        var refusals = new List<string>();
        var seen = 0;
        foreach (var file in Directory.EnumerateFiles(folder, "*.yaml").Order(StringComparer.Ordinal))
        foreach (var json in YamlToJson.ConvertAll(await File.ReadAllBytesAsync(file, ct)))
        {
            var obj = JsonNode.Parse(json)!;
            if (ApiTypes.All.FirstOrDefault(type => type.Kind == (string?)obj["kind"]) is not { } type) continue;
            seen++;
            var target = new ObjectTarget { User = User, Group = type.Group, Version = "v1", Resource = type.Plural, Namespace = "default" };
            try
            {
                await registry.CreateAsync(target, json, new() { FieldValidation = "Strict", DryRun = true }, ct);
                JsonSerializer.Deserialize(json, ApiTypes.JsonOptions.GetTypeInfo(typeof(ApiTypes).Assembly.GetType($"Dovetail.Api.KubeVirt.{type.Kind}")!)).ShouldNotBeNull();
            }
            catch (StatusException refusal)
            {
                refusals.Add($"{Path.GetFileName(file)}: {refusal.Message}");
            }
        }

        refusals.ShouldBeEmpty();
        seen.ShouldBeGreaterThan(20);
    }

    private static string Repository([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../.."));
}
