using System.Text.Json.Nodes;
using Dovetail.Cli.Export;

namespace Dovetail.Cli.Tests.Export;

public sealed class PortableObjectTests
{
    [Theory]
    [InlineData(
        """{"kind":"ConfigMap","metadata":{"name":"a","uid":"u","resourceVersion":"1","creationTimestamp":"t","generation":1,"managedFields":[],"ownerReferences":[{}],"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{}"}},"data":{"k":"v"}}""",
        """{"kind":"ConfigMap","metadata":{"name":"a"},"data":{"k":"v"}}""")]
    [InlineData(
        """{"kind":"Service","metadata":{"name":"a"},"spec":{"clusterIP":"10.96.0.9","clusterIPs":["10.96.0.9"],"ports":[{"port":80,"nodePort":30000}]},"status":{"loadBalancer":{}}}""",
        """{"kind":"Service","metadata":{"name":"a"},"spec":{"ports":[{"port":80}]}}""")]
    [InlineData("""{"kind":"Service","metadata":{"name":"a"},"spec":{"clusterIP":"None"}}""", """{"kind":"Service","metadata":{"name":"a"},"spec":{"clusterIP":"None"}}""")]
    [InlineData(
        """{"kind":"Pod","metadata":{"name":"a"},"spec":{"nodeName":"n","containers":[{"name":"c","volumeMounts":[{"name":"kube-api-access-x"}]}],"volumes":[{"name":"kube-api-access-x"},{"name":"v"}]}}""",
        """{"kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[{"name":"c"}],"volumes":[{"name":"v"}]}}""")]
    [InlineData(
        """{"kind":"Job","metadata":{"name":"a"},"spec":{"selector":{"matchLabels":{}},"template":{"metadata":{"labels":{"controller-uid":"u","app":"a"}}}}}""",
        """{"kind":"Job","metadata":{"name":"a"},"spec":{"template":{"metadata":{"labels":{"app":"a"}}}}}""")]
    [InlineData(
        """{"kind":"PersistentVolumeClaim","metadata":{"name":"a","finalizers":["kubernetes.io/pvc-protection","example.com/own"]},"spec":{"volumeName":"pv"}}""",
        """{"kind":"PersistentVolumeClaim","metadata":{"name":"a","finalizers":["example.com/own"]},"spec":{}}""")]
    public void What_only_its_cluster_knows_is_left_out(string obj, string portable) => PortableObject.Make((JsonObject)JsonNode.Parse(obj)!).ToJsonString().ShouldBe(portable);

    [Theory]
    [InlineData("""{"kind":"ConfigMap","metadata":{"name":"kube-root-ca.crt","namespace":"demo"}}""", false)]
    [InlineData("""{"kind":"ConfigMap","metadata":{"name":"mine","namespace":"kube-system"}}""", true)]
    [InlineData("""{"kind":"Secret","metadata":{"name":"t"},"type":"kubernetes.io/service-account-token"}""", false)]
    [InlineData("""{"kind":"ClusterRole","metadata":{"name":"admin","labels":{"kubernetes.io/bootstrapping":"rbac-defaults"}}}""", false)]
    [InlineData("""{"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{"name":"r","ownerReferences":[{"apiVersion":"apps/v1","kind":"Deployment","controller":true}]}}""", false)]
    [InlineData("""{"apiVersion":"v1","kind":"Pod","metadata":{"name":"r","ownerReferences":[{"apiVersion":"example.com/v1","kind":"Own","controller":true}]}}""", true)]
    [InlineData("""{"kind":"Namespace","metadata":{"name":"default"}}""", false)]
    [InlineData("""{"kind":"ServiceAccount","metadata":{"name":"default","namespace":"demo"}}""", false)]
    public void What_a_cluster_or_an_owner_makes_by_itself_is_not_exported(string obj, bool taken) =>
        ExportSelection.Takes((JsonObject)JsonNode.Parse(obj)!, new HashSet<string> { "apps/Deployment" }).ShouldBe(taken);
}
