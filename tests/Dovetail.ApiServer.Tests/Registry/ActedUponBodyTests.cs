using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using static Dovetail.ApiServer.Tests.RegistryHarness;

namespace Dovetail.ApiServer.Tests.Registry;

/// <summary>Bodies that are acted upon and not stored are read as strictly as objects are: a misspelt field of a binding or a review does not vanish in silence.</summary>
public sealed class ActedUponBodyTests
{
    private readonly RegistryHarness api = new();

    [Theory]
    [InlineData("", "v1", "pods", "p", "binding", """{"apiVersion":"v1","kind":"Binding","metadata":{"name":"p"},"foo":1,"target":{"kind":"Node","name":"n","nope":2}}""", "foo", "target.nope")]
    [InlineData("policy", "v1", "pods", "p", "eviction", """{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"p"},"foo":1}""", "foo")]
    [InlineData("authentication.k8s.io", "v1", "serviceaccounts", "s", "token", """{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{"audiences":["a"],"foo":1}}""", "spec.foo")]
    [InlineData("authorization.k8s.io", "v1", "localsubjectaccessreviews", "", "", """{"metadata":{"namespace":"demo"},"spec":{"bar":1,"user":"u","resourceAttributes":{"namespace":"demo","verb":"get","resource":"pods","baz":2}}}""", "spec.bar", "spec.resourceAttributes.baz")]
    public void A_field_that_its_kind_does_not_have_is_refused_when_strict_and_warned_about_otherwise(string bodyGroup, string version, string resource, string name, string subresource, string body, params string[] unknown)
    {
        api.Create("", "v1", "pods", "demo", """{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}]}}""");
        api.Create("", "v1", "serviceaccounts", "demo", """{"metadata":{"name":"s"}}""");
        var target = Target(subresource.Length == 0 ? bodyGroup : "", version, resource, "demo", name, subresource);
        string[] expected = [.. unknown.Select(field => $"unknown field \"{field}\"")];

        var refusal = Refused(() => Done(api.Registry.CreateAsync(target, Utf8(body), new() { FieldValidation = "Strict" }, default)));
        refusal.Code.ShouldBe(400);
        refusal.Message.ShouldEndWith($" strict decoding error: {string.Join(", ", expected)}");

        Done(api.Registry.CreateAsync(target, Utf8(body), new() { FieldValidation = "Ignore", DryRun = true }, default)).Warnings.ShouldBeEmpty();
        Done(api.Registry.CreateAsync(target, Utf8(body), new() { DryRun = true }, default)).Warnings.ShouldBe(expected);
    }

    [Fact]
    public void A_scale_is_read_strictly_and_its_number_before_all_else()
    {
        api.Create("apps", "v1", "replicasets", "demo", """{"metadata":{"name":"r"},"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}""");

        Refused(() => Scale("""{"replicas":"2","foo":1}""")).Message.ShouldBe("Scale in version \"v1\" cannot be handled as a Scale: json: cannot unmarshal string into Go struct field ScaleSpec.spec.replicas of type int32");
        Refused(() => Scale("""{"replicas":2,"foo":1}""")).Message.ShouldBe("Scale in version \"v1\" cannot be handled as a Scale: strict decoding error: unknown field \"spec.foo\"");
        Scale("""{"replicas":2}""");

        void Scale(string spec) => Done(api.Registry.UpdateAsync(
            Target("apps", "v1", "replicasets", "demo", "r", "scale"), Utf8($$"""{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"r"},"spec":{{spec}}}"""), new() { FieldValidation = "Strict" }, default));
    }

    [Fact]
    public void Who_is_refused_is_warned_too_and_a_field_that_is_unknown_twice_is_only_unknown()
    {
        var refusal = Should.Throw<StatusException>(() => Done(api.Registry.CreateAsync(ConfigMaps(), Utf8("""{"metadata":{"name":"No Name"},"foo":1,"foo":2,"bar":{"x":1,"x":2},"data":{"a":"1","a":"2"}}"""), new(), default)));

        refusal.Status.Code.ShouldBe(422);
        refusal.Warnings.ShouldBe(["unknown field \"foo\"", "unknown field \"bar\"", "duplicate field \"data.a\""], ignoreOrder: true);
        Should.Throw<StatusException>(() => Done(api.Registry.PatchAsync(ConfigMaps("nope"), PatchType.Merge, Utf8("""{"foo":1}"""), new(), default))).Status.Code.ShouldBe(404);
    }
}
