using System.Text.Json.Nodes;
using Dovetail.ApiServer.Admission;
using Dovetail.ApiServer.Registry;

namespace Dovetail.ApiServer.Tests.Admission;

public sealed class ServiceAccountPluginTests
{
    private readonly RegistryHarness api = new(store => BuiltInAdmission.Plugins(store, new CountingRandomness(), []));
    private int made;

    [Fact]
    public void A_pod_gets_the_default_account_and_its_token()
    {
        var spec = Pod("\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]").Child("spec")!;
        spec.Text("serviceAccountName").ShouldBe("default");
        spec.Text("serviceAccount").ShouldBe("default");
        var volume = spec["volumes"]!.AsArray().OfType<JsonObject>().Single();
        volume.Text("name").ShouldStartWith("kube-api-access-");
        volume.Child("projected")!["sources"]!.AsArray().Count.ShouldBe(3);
        var mount = spec["containers"]![0]!["volumeMounts"]![0]!.AsObject();
        mount.Text("name").ShouldBe(volume.Text("name"));
        mount.Text("mountPath").ShouldBe("/var/run/secrets/kubernetes.io/serviceaccount");
    }

    [Fact]
    public void A_pod_or_its_account_can_do_without_the_token()
    {
        Pod("\"automountServiceAccountToken\":false,\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]").Child("spec")!.ContainsKey("volumes").ShouldBeFalse();
        api.Create("", "v1", "serviceaccounts", "demo", """{"metadata":{"name":"bot"},"automountServiceAccountToken":false,"imagePullSecrets":[{"name":"pull"}]}""");
        var spec = Pod("\"serviceAccountName\":\"bot\",\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]").Child("spec")!;
        spec.ContainsKey("volumes").ShouldBeFalse();
        spec["imagePullSecrets"]![0]!.AsObject().Text("name").ShouldBe("pull");
        Pod("\"serviceAccountName\":\"bot\",\"automountServiceAccountToken\":true,\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]").Child("spec")!.ContainsKey("volumes").ShouldBeTrue();
    }

    [Fact]
    public void An_account_that_is_not_there_is_named()
    {
        RegistryHarness.Refused(() => Pod("\"serviceAccountName\":\"nobody\",\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]")).Message
            .ShouldBe("pods \"p1\" is forbidden: error looking up service account demo/nobody: serviceaccount \"nobody\" not found");
    }


    private JsonObject Pod(string spec) => api.Create("", "v1", "pods", "demo", $$$"""{"metadata":{"name":"p{{{++made}}}"},"spec":{ {{{spec}}} }}""");
}
