using Dovetail.Machinery.Endpoints;
using static Dovetail.ApiServer.Tests.RegistryHarness;

namespace Dovetail.ApiServer.Tests.Crds;

/// <summary>What is wrong with a definition, in upstream's words and at upstream's paths (taken from answers of kube-apiserver 1.36).</summary>
public sealed class CrdValidationTests
{
    private const string OneVersion = """{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object"}}}""";
    private static readonly ObjectTarget Crds = Target("apiextensions.k8s.io", "v1", "customresourcedefinitions");
    private readonly RegistryHarness api = new();

    [Theory]
    [InlineData("""{"name":"v1","served":true,"storage":true}""", "spec.versions[0].schema.openAPIV3Schema: Required value")]
    [InlineData("""{"name":"V1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object"}}}""", "spec.versions[0].name: Invalid value: \"V1\": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')")]
    [InlineData("""{"name":"v1","served":true,"storage":true,"deprecationWarning":"x","schema":{"openAPIV3Schema":{"type":"object"}}}""", "spec.versions[0].deprecationWarning: Invalid value: \"x\": can only be set for deprecated versions")]
    [InlineData("""{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","properties":{"a":{}}}}}""", "spec.validation.openAPIV3Schema.properties[a].type: Required value: must not be empty for specified object fields")]
    [InlineData("""{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object"}},"subresources":{"scale":{"specReplicasPath":"x","statusReplicasPath":".status.y"}}}""", "spec.subresources.scale.specReplicasPath: Invalid value: \"x\": must be a simple json path starting with .")]
    [InlineData("""{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object"}},"subresources":{"scale":{"specReplicasPath":".spec.x","statusReplicasPath":".spec.y"}}}""", "spec.subresources.scale.statusReplicasPath: Invalid value: \".spec.y\": should be a json path under .status")]
    [InlineData("""{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object"}},"additionalPrinterColumns":[{"name":"A","type":"foo","jsonPath":".a"}]}""", "spec.additionalPrinterColumns[0].type: Invalid value: \"foo\": must be one of boolean,date,integer,number,string")]
    [InlineData("""{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object"}},"selectableFields":[{"jsonPath":".spec.x"}]}""", "spec.selectableFields[0].jsonPath: Invalid value: \".spec.x\": is an invalid path: does not refer to a valid field")]
    public void A_version_that_is_wrong_is_refused_in_upstreams_words(string version, string cause) =>
        Causes("widgets.example.com", "example.com", version).ShouldContain(cause);

    [Fact]
    public void A_protected_group_wants_an_approval() =>
        Causes("widgets.x.k8s.io", "x.k8s.io", OneVersion).ShouldBe(
            ["metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation \"api-approved.kubernetes.io\", see https://github.com/kubernetes/enhancements/pull/1111"]);

    [Fact]
    public void A_group_is_a_domain_and_the_name_follows_from_it() =>
        Causes("zz.example.com", "nodots", OneVersion).ShouldBe(
            ["metadata.name: Invalid value: \"zz.example.com\": must be spec.names.plural+\".\"+spec.group", "spec.group: Invalid value: \"nodots\": should be a domain with at least one dot"]);

    [Fact]
    public void What_was_invalid_before_a_schema_became_stricter_stays_until_it_is_touched()
    {
        const string Loose = """{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"integer"}}}}}}}""";
        var crd = api.Create(Crds, Crd("widgets.example.com", "example.com", Loose));
        var widgets = Target("example.com", "v1", "widgets", "demo");
        api.Create(widgets, """{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"w"},"spec":{"a":9,"b":9}}""");
        crd["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!["properties"]!["spec"]!["properties"]!["a"]!["maximum"] = 5;
        api.Update(Crds with { Name = "widgets.example.com" }, crd);

        ((long?)api.Merge(widgets with { Name = "w" }, """{"spec":{"b":1}}""")["spec"]!["b"]).ShouldBe(1);
        var refusal = Refused(() => api.Merge(widgets with { Name = "w" }, """{"spec":{"a":8}}"""));

        refusal.Message.ShouldBe("Widget.example.com \"w\" is invalid: spec.a: Invalid value: 8: spec.a in body should be less than or equal to 5");
    }

    private List<string> Causes(string name, string group, string version) =>
        [.. Refused(() => api.Create(Crds, Crd(name, group, version))).Causes.Select(c => $"{c.Field}: {c.Message}")];

    private static string Crd(string name, string group, string version) =>
        $$$"""{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"{{{name}}}"},"spec":{"group":"{{{group}}}","scope":"Namespaced","names":{"plural":"widgets","kind":"Widget"},"versions":[{{{version}}}]}}""";
}
