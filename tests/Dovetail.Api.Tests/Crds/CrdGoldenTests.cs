using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Api.KubeVirt;

namespace Dovetail.Api.Tests.Crds;

/// <summary>deploy/crds is generated from the wire types. <c>DOVETAIL_UPDATE_GOLDENS=1 dotnet run --project tests/Dovetail.Api.Tests</c> writes it anew; build again afterwards, as the files are embedded.</summary>
public sealed class CrdGoldenTests
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, IndentSize = 1, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static TheoryData<string> Names => [.. ApiTypes.All.Select(type => type.CrdName)];

    internal static JsonObject Generate(ApiType type) => CrdWriter.Write(type, new SchemaWriter(XmlDocs.OfApi()).Root(ClrTypeOf(type)));

    [Theory]
    [MemberData(nameof(Names))]
    public void The_crd_in_deploy_is_the_one_that_the_types_say(string name)
    {
        var generated = Generate(ApiTypes.All.Single(type => type.CrdName == name)).ToJsonString(Readable) + "\n";
        var golden = Path.Combine(DeployFolder(), name + ".json");
        if (Environment.GetEnvironmentVariable("DOVETAIL_UPDATE_GOLDENS") == "1") File.WriteAllText(golden, generated);

        File.ReadAllText(golden).ShouldBe(generated, $"{golden} is stale; run the tests with DOVETAIL_UPDATE_GOLDENS=1");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_crd_that_is_embedded_is_the_one_in_deploy(string name) =>
        KubeVirtCrds.All.Single(crd => crd.Name == name).Json.ToArray().ShouldBe(File.ReadAllBytes(Path.Combine(DeployFolder(), name + ".json")));

    [Theory]
    [MemberData(nameof(Names))]
    public void No_schema_lets_unknown_fields_pass(string name) =>
        Generate(ApiTypes.All.Single(type => type.CrdName == name)).ToJsonString().ShouldNotContain("preserve-unknown");

    private static Type ClrTypeOf(ApiType type) => typeof(VirtualMachine).Assembly.GetType($"{typeof(VirtualMachine).Namespace}.{type.Kind}", throwOnError: true)!;

    private static string DeployFolder([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../../deploy/crds"));
}
