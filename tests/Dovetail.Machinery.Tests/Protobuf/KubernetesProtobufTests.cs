using System.Text.Json.Nodes;
using CsCheck;
using Dovetail.Machinery.Protobuf;

namespace Dovetail.Machinery.Tests.Protobuf;

public class KubernetesProtobufTests
{
    private static WireBytes Empty => new();

    /// <summary>Bodies of kubectl 1.36 (create namespace, deployment, service nodeport, job) and what the same commands print with <c>--dry-run=client -o json</c>.</summary>
    [Theory]
    [InlineData(
        "azhzAAoPCgJ2MRIJTmFtZXNwYWNlEhwKFAoEZGVtbxIAGgAiACoAMgA4AEIAEgAaAgoAGgAiAA==",
        """{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"demo"},"spec":{},"status":{}}""")]
    [InlineData(
        "azhzAAoVCgdhcHBzL3YxEgpEZXBsb3ltZW50ErgBCh8KA3dlYhIAGgAiACoAMgA4AEIAWgoKA2FwcBIDd2ViEoYBCAESDAoKCgNhcHASA3dlYhpsChwKABIAGgAiACoAMgA4AEIAWgoKA2FwcBIDd2"
        + "ViEkwSLgoFbmdpbngSBW5naW54KgAyCgoAEAAYUCIAKgBCAGoAcgCAAQCIAQCQAQCiAQAaADIAQgBKAFIAWABgAGgAggEAigEAmgEAwgEAIgIKACgAOAAaDAgAEAAYACAAKAA4ABoAIgA=",
        """{"kind":"Deployment","apiVersion":"apps/v1","metadata":{"name":"web","labels":{"app":"web"}},"spec":{"replicas":1,"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"nginx","image":"nginx","ports":[{"containerPort":80}],"resources":{}}]}},"strategy":{}},"status":{}}""")]
    [InlineData(
        "azhzAAoNCgJ2MRIHU2VydmljZRJlChsKAXMSABoAIgAqADIAOABCAFoICgNhcHASAXMSQgoeCgk1Njc4LTgwODASA1RDUBiuLCIHCAAQkD8aACgAEggKA2FwcBIBcxoAIghOb2RlUG9ydDoAQgBSAF"
        + "oAYABoABoCCgAaACIA",
        """{"kind":"Service","apiVersion":"v1","metadata":{"name":"s","labels":{"app":"s"}},"spec":{"ports":[{"name":"5678-8080","protocol":"TCP","port":5678,"targetPort":8080}],"selector":{"app":"s"},"type":"NodePort"},"status":{"loadBalancer":{}}}""")]
    [InlineData(
        "azhzAAoPCghiYXRjaC92MRIDSm9iEngKEQoBahIAGgAiACoAMgA4AEIAElkyVwoQCgASABoAIgAqADIAOABCABJDEiAKAWoSB2J1c3lib3gqAEIAagByAIABAIgBAJABAKIBABoFTmV2ZXIyAEIASg"
        + "BSAFgAYABoAIIBAIoBAJoBAMIBABoIIAAoADAAOgAaACIA",
        """{"kind":"Job","apiVersion":"batch/v1","metadata":{"name":"j"},"spec":{"template":{"metadata":{},"spec":{"containers":[{"name":"j","image":"busybox","resources":{}}],"restartPolicy":"Never"}}},"status":{}}""")]
    public void A_body_of_kubectl_is_the_JSON_that_kubectl_prints(string body, string json) =>
        KubernetesProtobuf.Decode(Convert.FromBase64String(body)).ShouldBeJson(json);

    [Fact]
    public void Structs_stay_when_they_are_empty_and_texts_do_not()
    {
        // kubectl create namespace demo: every text of ObjectMeta is written, the creation time is an empty message.
        var meta = Empty.Text(1, "demo").Text(2, "").Text(3, "").Text(4, "").Text(5, "").Text(6, "").Varint(7, 0).Message(8, Empty);
        Decode("v1", "Namespace", Empty.Message(1, meta).Message(2, Empty).Message(3, Empty.Text(1, "")))
            .ShouldBeJson("""{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"demo"},"spec":{},"status":{}}""");
    }

    [Fact]
    public void Maps_keep_empty_values_and_bytes_are_base64()
    {
        var secret = Empty
            .Message(2, Empty.Text(1, "password").Bytes(2, [0xff, 0x00]))
            .Message(2, Empty.Text(1, "empty"))
            .Text(3, "Opaque")
            .Entry(4, "user", "alice")
            .Entry(4, "none", "")
            .Varint(5, 0);
        Decode("v1", "Secret", secret).ShouldBeJson(
            """{"kind":"Secret","apiVersion":"v1","data":{"password":"/wA=","empty":""},"type":"Opaque","stringData":{"user":"alice","none":""},"immutable":false}""");
    }

    [Fact]
    public void A_zero_goes_unless_the_field_is_a_pointer_or_required()
    {
        // Deployment.spec: replicas (a pointer), minReadySeconds and paused (none); a port's containerPort is required, its hostPort is not.
        var port = Empty.Text(1, "").Varint(2, 0).Varint(3, 0).Text(4, "").Text(5, "");
        var pod = Empty.Message(2, Empty.Message(2, Empty.Text(1, "c").Text(2, "").Message(6, port)).Varint(4, 0));
        Decode("apps/v1", "Deployment", Empty.Message(2, Empty.Varint(1, 0).Message(3, pod).Varint(5, 0).Varint(7, 0))).ShouldBeJson(
            """
            {"kind":"Deployment","apiVersion":"apps/v1",
             "spec":{"replicas":0,"template":{"spec":{"containers":[{"name":"c","ports":[{"containerPort":0}]}],"terminationGracePeriodSeconds":0}}}}
            """);
    }

    [Fact]
    public void Structs_that_Go_embeds_have_their_fields_in_the_object_around_them()
    {
        // Volume {name 1, volumeSource 2 {secret 6, configMap 19}}, ConfigMapVolumeSource {localObjectReference 1 {name 1}, defaultMode 3}, Probe {handler 1 {tcpSocket 3}}.
        var volume = Empty.Text(1, "v").Message(2, Empty.Message(19, Empty.Message(1, Empty.Text(1, "settings")).Varint(3, 420)));
        var probe = Empty.Message(1, Empty.Message(3, Empty.Message(1, Empty.Varint(1, 1).Varint(2, 0).Text(3, "http")).Text(2, ""))).Varint(2, 5);
        var ephemeral = Empty.Message(1, Empty.Text(1, "debug").Text(2, "busybox")).Text(2, "c");
        var spec = Empty.Message(1, volume).Message(2, Empty.Text(1, "c").Message(10, probe)).Message(34, ephemeral);
        Decode("v1", "Pod", Empty.Message(2, spec)).ShouldBeJson(
            """
            {"kind":"Pod","apiVersion":"v1","spec":{"volumes":[{"name":"v","configMap":{"name":"settings","defaultMode":420}}],
             "containers":[{"name":"c","livenessProbe":{"tcpSocket":{"port":"http"},"initialDelaySeconds":5}}],
             "ephemeralContainers":[{"name":"debug","image":"busybox","targetContainerName":"c"}]}}
            """);
    }

    [Fact]
    public void Times_quantities_and_int_or_strings_are_written_as_Go_does()
    {
        var lease = Empty.Message(2, Empty.Text(1, "me").Varint(2, 15).Message(3, Empty.Varint(1, 1_700_000_000).Varint(2, 123_456_789)));
        Decode("coordination.k8s.io/v1", "Lease", lease).ShouldBeJson(
            """{"kind":"Lease","apiVersion":"coordination.k8s.io/v1","spec":{"holderIdentity":"me","leaseDurationSeconds":15,"acquireTime":"2023-11-14T22:13:20.123456Z"}}""");

        var meta = Empty.Message(9, Empty.Varint(1, -1).Varint(2, 0)).Varint(10, 0);
        var budget = Empty.Message(1, meta).Message(2, Empty.Message(1, Empty.Varint(1, 1).Varint(2, 0).Text(3, "50%")).Message(3, Empty.Varint(1, 0).Varint(2, 0).Text(3, "")));
        Decode("policy/v1", "PodDisruptionBudget", budget).ShouldBeJson(
            """
            {"kind":"PodDisruptionBudget","apiVersion":"policy/v1","metadata":{"deletionTimestamp":"1969-12-31T23:59:59Z","deletionGracePeriodSeconds":0},
             "spec":{"minAvailable":"50%","maxUnavailable":0}}
            """);

        var quota = Empty.Message(2, Empty.Message(1, Empty.Text(1, "pods").Message(2, Empty.Text(1, "10"))).Message(1, Empty.Text(1, "cpu").Message(2, Empty)));
        Decode("v1", "ResourceQuota", quota).ShouldBeJson("""{"kind":"ResourceQuota","apiVersion":"v1","spec":{"hard":{"pods":"10","cpu":"0"}}}""");
    }

    [Fact]
    public void A_port_that_is_not_given_is_absent_so_that_it_is_defaulted()
    {
        var port = Empty.Varint(3, 80).Message(4, Empty.Varint(1, 0).Varint(2, 0).Text(3, "")).Varint(5, 0);
        Decode("v1", "Service", Empty.Message(2, Empty.Message(1, port))).ShouldBeJson("""{"kind":"Service","apiVersion":"v1","spec":{"ports":[{"port":80}]}}""");
    }

    [Fact]
    public void Raw_bytes_are_JSON()
    {
        var revision = Empty.Message(2, Empty.Text(1, """{"spec":{"a":[1]}}""")).Varint(3, 7);
        Decode("apps/v1", "ControllerRevision", revision).ShouldBeJson("""{"kind":"ControllerRevision","apiVersion":"apps/v1","data":{"spec":{"a":[1]}},"revision":7}""");
        var entry = Empty.Text(1, "kubectl").Message(7, Empty.Text(1, """{"f:data":{}}"""));
        Decode("v1", "ConfigMap", Empty.Message(1, Empty.Message(17, entry))).ShouldBeJson(
            """{"kind":"ConfigMap","apiVersion":"v1","metadata":{"managedFields":[{"manager":"kubectl","fieldsV1":{"f:data":{}}}]}}""");
        Refusal(Empty.Message(2, Empty.Text(1, "{")).Enveloped("apps/v1", "ControllerRevision")).ShouldStartWith("proto: ControllerRevision.data: the raw bytes are no JSON");
    }

    [Fact]
    public void Schemas_that_are_one_choice_of_two_look_like_the_choice()
    {
        static WireBytes Of(string type) => Empty.Text(5, type);
        var schema = Of("object")
            .Text(23, "")
            .Message(8, Empty.Text(1, """{"x":1}"""))
            .Double(9, 1.5)
            .Message(24, Empty.Message(1, Of("string")))
            .Message(30, Empty.Varint(1, 1))
            .Varint(38, 1);
        var version = Empty.Text(1, "v1").Varint(2, 1).Varint(3, 0).Message(4, Empty.Message(1, schema));
        var json = Decode("apiextensions.k8s.io/v1", "CustomResourceDefinition", Empty.Message(2, Empty.Message(7, version)));
        json["spec"]!["versions"]![0]!["storage"].ShouldBeJson("false");
        json["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"].ShouldBeJson(
            """{"type":"object","required":[""],"default":{"x":1},"maximum":1.5,"items":{"type":"string"},"additionalProperties":true,"x-kubernetes-preserve-unknown-fields":true}""");
    }

    [Fact]
    public void Lists_inside_of_maps_are_messages_of_their_own()
    {
        var spec = Empty.Text(3, "alice").Text(4, "dev").Message(5, Empty.Text(1, "scopes").Message(2, Empty.Text(1, "a").Text(1, "b"))).Message(5, Empty.Text(1, "none"));
        Decode("authorization.k8s.io/v1", "SubjectAccessReview", Empty.Message(2, spec)).ShouldBeJson(
            """{"kind":"SubjectAccessReview","apiVersion":"authorization.k8s.io/v1","spec":{"user":"alice","groups":["dev"],"extra":{"scopes":["a","b"],"none":[]}}}""");
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("apps/v1")]
    [InlineData("meta.k8s.io/v1")]
    public void DeleteOptions_belong_to_every_version(string apiVersion)
    {
        var options = Empty.Varint(1, 0).Message(2, Empty.Text(1, "u")).Varint(3, 0).Text(4, "Background").Text(5, "All");
        var json = KubernetesProtobuf.Decode(options.Enveloped(apiVersion, "DeleteOptions"));
        json.Remove("apiVersion");
        json.ShouldBeJson("""{"kind":"DeleteOptions","gracePeriodSeconds":0,"preconditions":{"uid":"u"},"orphanDependents":false,"propagationPolicy":"Background","dryRun":["All"]}""");
    }

    [Fact]
    public void Unknown_fields_of_every_wire_type_are_passed_over()
    {
        var unknown = Empty.Varint(999, 1).Double(998, 1).Text(997, "x").Tag(996, 3).Varint(1, 1).Tag(5, 3).Tag(5, 4).Tag(996, 4).Tag(995, 5).Tag(0, 0).Tag(0, 0).Tag(0, 0).Tag(0, 0);
        Decode("v1", "ConfigMap", unknown.Entry(2, "k", "v")).ShouldBeJson("""{"kind":"ConfigMap","apiVersion":"v1","data":{"k":"v"}}""");
    }

    [Fact]
    public void Repeated_numbers_come_packed_or_one_by_one()
    {
        var context = Empty.Varint(4, 1).Bytes(4, [2, 0xac, 0x02]);
        Decode("v1", "Pod", Empty.Message(2, Empty.Message(14, context))).ShouldBeJson("""{"kind":"Pod","apiVersion":"v1","spec":{"securityContext":{"supplementalGroups":[1,2,300]}}}""");
    }

    [Fact]
    public void Of_what_comes_twice_messages_add_up_and_the_last_scalar_wins()
    {
        var scale = Empty.Message(1, Empty.Text(1, "a").Text(3, "ns")).Message(1, Empty.Text(1, "b")).Message(2, Empty.Varint(1, -3).Varint(1, 4));
        Decode("autoscaling/v1", "Scale", scale).ShouldBeJson("""{"kind":"Scale","apiVersion":"autoscaling/v1","metadata":{"name":"b","namespace":"ns"},"spec":{"replicas":4}}""");
    }

    [Fact]
    public void Negative_numbers_of_32_bits_are_ten_bytes_long() =>
        Decode("scheduling.k8s.io/v1", "PriorityClass", Empty.Varint(2, -5)).ShouldBeJson("""{"kind":"PriorityClass","apiVersion":"scheduling.k8s.io/v1","value":-5}""");

    [Fact]
    public void What_is_no_protobuf_of_the_kind_is_refused_with_its_place()
    {
        Refusal("{}"u8).ShouldBe("proto: the data does not begin with \"k8s\\0\"");
        Refusal(Empty.Enveloped("v1", "Widget")).ShouldBe("proto: no kind \"Widget\" is registered for version \"v1\"");
        Refusal(Empty.Enveloped("", "")).ShouldBe("proto: no kind \"\" is registered for version \"\"");
        Refusal(Empty.Message(1, Empty.Tag(11, 2).Tag(0, 5)).Enveloped("v1", "ConfigMap")).ShouldBe("proto: ObjectMeta.labels: unexpected end: a length of 5 where 0 bytes are left");
        Refusal(Empty.Varint(2, 1).Enveloped("v1", "ConfigMap")).ShouldBe("proto: ConfigMap.data: wrong wireType = 0");
        Refusal(Empty.Message(1, Empty.Text(7, "x")).Enveloped("v1", "ConfigMap")).ShouldBe("proto: ObjectMeta.generation: wrong wireType = 2");
        Refusal(Empty.Tag(0, 0).Enveloped("v1", "ConfigMap")).ShouldBe("proto: ConfigMap: illegal tag 0");
        Refusal(Empty.Tag(9, 4).Enveloped("v1", "ConfigMap")).ShouldBe("proto: ConfigMap: the end of a group that did not start");
        Refusal([.. "k8s\0"u8, .. Empty.Text(3, "gzip").ToArray()]).ShouldBe("proto: the contentEncoding \"gzip\" is not supported");
        Refusal([.. "k8s\0"u8, .. Empty.Text(4, "application/json").ToArray()]).ShouldBe("proto: the contentType \"application/json\" is not supported");
    }

    [Fact]
    public void Nesting_has_a_bound()
    {
        var schema = Empty.Text(5, "string");
        for (var i = 0; i < 100; i++)
            schema = Empty.Message(28, schema);
        var crd = Empty.Message(2, Empty.Message(7, Empty.Message(4, Empty.Message(1, schema))));
        Refusal(crd.Enveloped("apiextensions.k8s.io/v1", "CustomResourceDefinition")).ShouldBe("proto: JSONSchemaProps.not: nested deeper than 64");
        Refusal(Enumerable.Range(0, 100).Aggregate(Empty, static (groups, _) => groups.Tag(999, 3)).Enveloped("v1", "ConfigMap")).ShouldBe("proto: ConfigMap: nested deeper than 64");
    }

    [Fact]
    public void Any_bytes_are_decoded_or_refused() => Gen.Byte.Array[0, 60].Sample(
        static bytes =>
        {
            var raw = new WireBytes().Message(2, new WireBytes().Bytes(1, bytes)).Bytes(1, bytes).ToArray();
            foreach (var body in (byte[][])[bytes, raw])
            {
                try
                {
                    KubernetesProtobuf.ToJson([.. "k8s\0"u8, .. new WireBytes().Message(1, new WireBytes().Text(1, "v1").Text(2, "Pod")).Bytes(2, body).ToArray()]);
                }
                catch (ProtobufFormatException)
                {
                }
            }
        },
        iter: 2000);

    private static JsonObject Decode(string apiVersion, string kind, WireBytes obj) => KubernetesProtobuf.Decode(obj.Enveloped(apiVersion, kind));

    private static string Refusal(ReadOnlySpan<byte> body)
    {
        var bytes = body.ToArray();
        return Should.Throw<ProtobufFormatException>(() => KubernetesProtobuf.Decode(bytes)).Message;
    }
}
