namespace Dovetail.ApiServer.Tests.Registry;

public sealed class AutoscalerTests
{
    private readonly RegistryHarness api = new();

    [Fact]
    public void What_v1_has_no_field_for_survives_in_annotations_when_a_v1_client_writes()
    {
        api.Create("autoscaling", "v2", "horizontalpodautoscalers", "demo", """
            {"metadata":{"name":"a"},"spec":{"maxReplicas":3,"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"d"},"behavior":{"scaleDown":{"stabilizationWindowSeconds":60}},
             "metrics":[{"type":"Resource","resource":{"name":"memory","target":{"type":"AverageValue","averageValue":"1Gi"}}},
                        {"type":"Pods","pods":{"metric":{"name":"hits"},"target":{"type":"AverageValue","averageValue":"5"}}}]}}
            """);

        var v1 = api.Get(Target("v1"));
        v1["spec"]!["maxReplicas"] = 5;
        v1["spec"]!["targetCPUUtilizationPercentage"] = 50;
        api.Update(Target("v1"), v1);

        var spec = api.Get(Target("v2"))["spec"]!;
        ((int?)spec["maxReplicas"]).ShouldBe(5);
        spec["metrics"]!.AsArray().Select(m => (string?)m!["type"]).ShouldBe(["Resource", "Pods", "Resource"]);
        ((string?)spec["metrics"]![0]!["resource"]!["target"]!["averageValue"]).ShouldBe("1Gi");
        ((int?)spec["metrics"]![2]!["resource"]!["target"]!["averageUtilization"]).ShouldBe(50);
        ((int?)spec["behavior"]!["scaleDown"]!["stabilizationWindowSeconds"]).ShouldBe(60);
        api.Get(Target("v2"))["metadata"]!.AsObject().ContainsKey("annotations").ShouldBeFalse();
    }

    [Fact]
    public void A_v1_autoscaler_without_a_target_aims_at_80_percent()
    {
        var made = api.Create("autoscaling", "v1", "horizontalpodautoscalers", "demo", """{"metadata":{"name":"a"},"spec":{"maxReplicas":3,"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"d"}}}""");

        ((int?)made["spec"]!["targetCPUUtilizationPercentage"]).ShouldBe(80);
        ((string?)made["apiVersion"]).ShouldBe("autoscaling/v1");
    }

    private static Machinery.Endpoints.ObjectTarget Target(string version) => RegistryHarness.Target("autoscaling", version, "horizontalpodautoscalers", "demo", "a");
}
