using System.Text;
using System.Text.Json.Nodes;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Tests.BuiltIn;

public class BuiltInRulesTests
{
    [Theory]
    [InlineData("busybox", "Always")]
    [InlineData("busybox:latest", "Always")]
    [InlineData("127.0.0.1:5000/dovetail/tiny", "Always")]
    [InlineData("127.0.0.1:5000/dovetail/tiny:1.0", "IfNotPresent")]
    [InlineData("busybox@sha256:0000", "IfNotPresent")]
    public void Image_pull_policy_follows_the_tag(string image, string policy)
    {
        var pod = Defaulted("", "Pod", $$$"""{"metadata":{"name":"a"},"spec":{"containers":[{"name":"c","image":"{{{image}}}"}]}}""");
        pod["spec"]!["containers"]![0]!["imagePullPolicy"]!.GetValue<string>().ShouldBe(policy);
    }

    [Fact]
    public void A_pod_gets_upstreams_defaults()
    {
        var pod = Defaulted("", "Pod", """{"metadata":{"name":"a"},"spec":{"containers":[{"name":"c","image":"x:1","resources":{"limits":{"cpu":"1"}},"livenessProbe":{"httpGet":{"port":80}}}],"volumes":[{"name":"v"}]}}""");
        var expected = Parse("""
            {
              "containers": [{
                "name": "c", "image": "x:1", "imagePullPolicy": "IfNotPresent",
                "resources": {"limits": {"cpu": "1"}, "requests": {"cpu": "1"}},
                "livenessProbe": {"httpGet": {"port": 80, "path": "/", "scheme": "HTTP"}, "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3},
                "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"
              }],
              "volumes": [{"name": "v", "emptyDir": {}}],
              "restartPolicy": "Always", "dnsPolicy": "ClusterFirst", "terminationGracePeriodSeconds": 30,
              "schedulerName": "default-scheduler", "securityContext": {}, "enableServiceLinks": true
            }
            """);
        JsonNode.DeepEquals(pod["spec"], expected).ShouldBeTrue(pod.ToJsonString());
    }

    [Fact]
    public void A_deployment_gets_a_rolling_update_of_a_quarter()
    {
        var deployment = Defaulted("apps", "Deployment", """{"metadata":{"name":"a"},"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[]}}}}""");
        deployment["spec"]!["strategy"]!.ToJsonString().ShouldBe("""{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":"25%","maxSurge":"25%"}}""");
        deployment["spec"]!["replicas"]!.GetValue<long>().ShouldBe(1);
    }

    [Fact]
    public void A_pod_with_many_mistakes_hears_of_all_of_them()
    {
        var pod = Parse("""{"metadata":{"name":"a"},"spec":{"containers":[{"name":"C","image":"x","volumeMounts":[{"name":"none","mountPath":"/a"}]},{"name":"d"},{"name":"d","image":"x","ports":[{"containerPort":70000}]}],"volumes":[{"name":"v"},{"name":"v"}]}}""");
        Causes("", "Pod", pod).ShouldBe(
        [
            "spec.volumes[1].name: Duplicate value: \"v\"",
            "spec.containers[0].name: Invalid value: \"C\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
            "spec.containers[0].volumeMounts[0].name: Not found: \"none\"",
            "spec.containers[1].image: Required value",
            "spec.containers[2].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
            "spec.containers[2].name: Duplicate value: \"d\"",
        ]);
    }

    [Fact]
    public void A_pods_image_may_change_and_its_command_may_not()
    {
        var old = Parse("""{"spec":{"containers":[{"name":"c","image":"x"}]}}""");
        Update("", "Pod", Parse("""{"spec":{"containers":[{"name":"c","image":"y"}],"tolerations":[{"key":"a","operator":"Exists"}]}}"""), old).ShouldBeEmpty();
        Update("", "Pod", Parse("""{"spec":{"containers":[{"name":"c","image":"x","command":["sh"]}]}}"""), old).ShouldHaveSingleItem().ShouldStartWith("spec: Forbidden: pod updates may not change fields other than");
    }

    [Fact]
    public void An_immutable_secret_keeps_its_data_and_its_mark()
    {
        var old = Parse("""{"type":"Opaque","immutable":true,"data":{"a":"YQ=="}}""");
        Update("", "Secret", Parse("""{"type":"Opaque","data":{"a":"Yg=="}}"""), old).ShouldBe(
            ["immutable: Forbidden: field is immutable when `immutable` is set", "data: Forbidden: field is immutable when `immutable` is set"]);
        Update("", "Secret", Parse("""{"type":"kubernetes.io/tls","immutable":true,"data":{"a":"YQ=="}}"""), old).ShouldContain("type: Invalid value: \"kubernetes.io/tls\": field is immutable");
    }

    [Fact]
    public void A_deployments_selector_must_match_its_template()
    {
        var deployment = Parse("""{"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"c"}},"spec":{"containers":[{"name":"c","image":"x"}]}}}}""");
        Causes("apps", "Deployment", deployment).ShouldBe(["spec.template.metadata.labels: Invalid value: {\"a\":\"c\"}: `selector` does not match template `labels`"]);
    }

    [Fact]
    public void Defaults_are_stable_for_every_kind()
    {
        foreach (var resource in BuiltInResources.All)
        {
            var once = Parse("""{"metadata":{"name":"a"},"spec":{},"status":{}}""");
            SchemaWalk.Run(resource.Schema, once, SchemaPasses.PruneAndDefault);
            BuiltInDefaults.Apply(resource, once);
            var twice = once.DeepClone().AsObject();
            SchemaWalk.Run(resource.Schema, twice, SchemaPasses.PruneAndDefault).UnknownFields.ShouldBeEmpty(resource.Kind);
            BuiltInDefaults.Apply(resource, twice);
            JsonNode.DeepEquals(once, twice).ShouldBeTrue(resource.Kind);
        }
    }

    private static BuiltInResource Resource(string group, string kind) => BuiltInResources.FindKind(group, "v1", kind)!;

    private static JsonObject Defaulted(string group, string kind, string json)
    {
        var obj = Parse(json);
        SchemaWalk.Run(Resource(group, kind).Schema, obj, SchemaPasses.All);
        BuiltInDefaults.Apply(Resource(group, kind), obj);
        return obj;
    }

    private static IEnumerable<string> Causes(string group, string kind, JsonObject obj)
    {
        var causes = new List<StatusCause>();
        Fill(group, kind, obj);
        BuiltInValidation.ValidateCreate(Resource(group, kind), obj, causes);
        return causes.Select(static c => $"{c.Field}: {c.Message}");
    }

    private static IEnumerable<string> Update(string group, string kind, JsonObject obj, JsonObject old)
    {
        var causes = new List<StatusCause>();
        Fill(group, kind, obj);
        Fill(group, kind, old);
        BuiltInValidation.ValidateUpdate(Resource(group, kind), obj, old, "", causes);
        return causes.Select(static c => $"{c.Field}: {c.Message}");
    }

    /// <summary>Validation sees objects with their defaults.</summary>
    private static void Fill(string group, string kind, JsonObject obj)
    {
        SchemaWalk.Run(Resource(group, kind).Schema, obj, SchemaPasses.PruneAndDefault);
        BuiltInDefaults.Apply(Resource(group, kind), obj);
        TypedForm.Apply(Resource(group, kind).Schema, obj);
    }

    private static JsonObject Parse(string json) => JsonObjectReader.Read(Encoding.UTF8.GetBytes(json)).Root!.AsObject();
}
