using System.Text;
using System.Text.Json;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Runtime.Tests.Seam;

public sealed class KubeJsonTests
{
    private static readonly DateTime Instant = new(2026, 11, 23, 13, 41, 12, 345, DateTimeKind.Utc);

    [Fact]
    public void A_time_is_written_with_whole_seconds()
    {
        var pod = new V1Pod { Metadata = new V1ObjectMeta { Name = "a", CreationTimestamp = Instant } };
        Json(BuiltInTypes.Pods, pod).ShouldBe("""{"metadata":{"creationTimestamp":"2026-11-23T13:41:12Z","name":"a"}}""");
    }

    [Fact]
    public void A_lease_s_times_are_written_with_six_digits_of_a_second()
    {
        var lease = new V1Lease { Spec = new V1LeaseSpec { RenewTime = Instant } };
        Json(BuiltInTypes.Leases, lease).ShouldBe("""{"spec":{"renewTime":"2026-11-23T13:41:12.345000Z"}}""");
    }

    [Fact]
    public void An_event_s_eventTime_is_a_MicroTime_and_its_timestamps_are_Times()
    {
        var told = new Corev1Event { EventTime = Instant, FirstTimestamp = Instant };
        var json = Json(BuiltInTypes.Events, told);
        json.ShouldContain("\"eventTime\":\"2026-11-23T13:41:12.345000Z\"");
        json.ShouldContain("\"firstTimestamp\":\"2026-11-23T13:41:12Z\"");
    }

    [Fact]
    public void Managed_fields_survive_a_copy()
    {
        const string Json = """{"metadata":{"name":"a","managedFields":[{"manager":"m","fieldsV1":{"f:spec":{"f:x":{}}},"time":"2026-11-23T13:41:12Z"}]}}""";
        var pod = JsonSerializer.Deserialize(Json, BuiltInTypes.Pods.Json)!;
        var copy = BuiltInTypes.Pods.Copy(pod);
        copy.ShouldNotBeSameAs(pod);
        KubeJsonTests.Json(BuiltInTypes.Pods, copy).ShouldContain("\"fieldsV1\":{\"f:spec\":{\"f:x\":{}}}");
    }

    [Fact]
    public void A_JSON_patch_escapes_the_segments_of_its_paths()
    {
        var patch = new JsonPatchBuilder().Test(["metadata", "uid"], "u").Add(["metadata", "annotations", "a.b/c~d"], "x\"y").Remove(["spec", "nodeName"]).Build();
        Encoding.UTF8.GetString(patch.Span).ShouldBe(
            """[{"op":"test","path":"/metadata/uid","value":"u"},{"op":"add","path":"/metadata/annotations/a.b~1c~0d","value":"x\"y"},{"op":"remove","path":"/spec/nodeName"}]""");
    }

    [Fact]
    public void A_merge_patch_nests_its_paths_and_removes_by_null()
    {
        var patch = new MergePatchBuilder().AtRevision("7").Set(["status", "phase"], "Running").Remove(["status", "reason"]).Build();
        Encoding.UTF8.GetString(patch.Span).ShouldBe("""{"metadata":{"resourceVersion":"7"},"status":{"phase":"Running","reason":null}}""");
    }

    private static string Json<T>(ResourceType<T> type, T obj)
        where T : class, k8s.IKubernetesObject<V1ObjectMeta> => JsonSerializer.Serialize(obj, type.Json);
}
