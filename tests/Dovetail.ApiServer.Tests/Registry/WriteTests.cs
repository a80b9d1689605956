using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Admission;
using Dovetail.Machinery.Endpoints;
using static Dovetail.ApiServer.Tests.RegistryHarness;

namespace Dovetail.ApiServer.Tests.Registry;

public sealed class WriteTests
{
    private readonly RegistryHarness api = new();

    [Theory]
    [InlineData(PatchType.ApplyYaml)]
    [InlineData(null)]
    public void Who_would_create_by_apply_or_put_and_meets_an_object_that_came_meanwhile_updates_it(PatchType? type)
    {
        RegistryHarness? raced = null;
        var lease = Target("coordination.k8s.io", "v1", "leases", "demo", "l");
        var rival = new OnceBeforeCreate("leases", () => raced!.Create(lease with { Name = "" }, """{"metadata":{"name":"l","labels":{"rival":"was-here"}},"spec":{"leaseTransitions":1}}"""));
        raced = new RegistryHarness(rival);
        const string mine = """{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"l"},"spec":{"holderIdentity":"me"}}""";

        var result = type is { } patch
            ? Done(raced.Registry.PatchAsync(lease, patch, Utf8(mine), new WriteOptions { FieldManager = "me" }, default))
            : Done(raced.Registry.UpdateAsync(lease, Utf8(mine), new WriteOptions(), default));

        result.Created.ShouldBeFalse();
        ((string?)raced.Get(lease)["spec"]!["holderIdentity"]).ShouldBe("me");
        ((string?)raced.Get(lease)["metadata"]!["labels"]?["rival"]).ShouldBe(type is null ? null : "was-here");
    }

    [Fact]
    public void A_secrets_plain_value_that_is_no_text_is_refused_rather_than_emptied()
    {
        api.Create("", "v1", "secrets", "demo", """{"metadata":{"name":"s"},"stringData":{"p":"q"}}""");

        Refused(() => api.Merge(Target("", "v1", "secrets", "demo", "s"), """{"stringData":{"p":5}}""")).Code.ShouldBe(422);

        ((string?)api.Get(Target("", "v1", "secrets", "demo", "s"))["data"]!["p"]).ShouldBe("cQ==");
    }

    [Fact]
    public void The_scale_of_a_replication_controller_shows_its_selector_and_takes_what_a_scale_can_be()
    {
        api.Create("", "v1", "replicationcontrollers", "demo", """{"metadata":{"name":"rc"},"spec":{"replicas":0,"selector":{"b":"c","a":"x"},"template":{"metadata":{"labels":{"a":"x","b":"c"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}""");
        var scale = Target("", "v1", "replicationcontrollers", "demo", "rc", "scale");

        var read = api.Get(scale);
        read["spec"]!.ToJsonString().ShouldBe("{}");
        read["status"]!.ToJsonString().ShouldBe("""{"replicas":0,"selector":"a=x,b=c"}""");
        Refused(() => api.Merge(scale, """{"spec":{"replicas":-3}}""")).Message.ShouldBe("Scale.autoscaling \"rc\" is invalid: spec.replicas: Invalid value: -3: must be greater than or equal to 0");
        Refused(() => api.Merge(scale, """{"spec":{"replicas":"three"}}""")).Code.ShouldBe(400);
        Refused(() => api.Merge(scale, """{"metadata":{"uid":"x"},"spec":{"replicas":3}}""")).Reason.ShouldBe("Conflict");
        ((long?)api.Merge(scale, """{"spec":{"replicas":3}}""")["spec"]!["replicas"]).ShouldBe(3);
    }

    [Fact]
    public void Who_applies_to_a_scale_owns_the_replicas_of_its_object()
    {
        api.Create("apps", "v1", "deployments", "demo", """{"metadata":{"name":"d"},"spec":{"replicas":2,"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}""");
        var deployment = Target("apps", "v1", "deployments", "demo", "d");
        var scale = Target("apps", "v1", "deployments", "demo", "d", "scale");

        Refused(() => Apply("x", 3, force: false)).Message.ShouldBe("Apply failed with 1 conflict: conflict with \"admin\" using autoscaling/v1: .spec.replicas");
        Apply("x", 3, force: true)["spec"]!.ToJsonString().ShouldBe("""{"replicas":3}""");
        Refused(() => Apply("y", 4, force: false)).Message.ShouldBe("Apply failed with 1 conflict: conflict with \"x\" with subresource \"scale\": .spec.replicas");
        Apply("y", 3, force: false);
        Owners().ShouldBe(["Apply x apps/v1 scale", "Apply y apps/v1 scale"], ignoreOrder: true);
        api.Get(deployment)["metadata"]!["managedFields"]!.AsArray().Count.ShouldBe(3, "the creator keeps what else there is");

        // Whoever applies no number gives it up, and it stays.
        Apply("x", null, force: false)["spec"]!.ToJsonString().ShouldBe("""{"replicas":3}""");
        Owners().ShouldBe(["Apply y apps/v1 scale"]);
        api.Merge(scale, """{"spec":{"replicas":5}}""");
        Owners().ShouldBe(["Update admin apps/v1 scale"]);
        Refused(() => Apply("x", -5, force: true)).Code.ShouldBe(422);

        JsonObject Apply(string manager, int? replicas, bool force)
        {
            var spec = replicas is null ? "" : $$""","spec":{"replicas":{{replicas}}}""";
            var configuration = $$"""{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"d"}{{spec}}}""";
            return Tree(Done(api.Registry.PatchAsync(scale, PatchType.ApplyYaml, Utf8(configuration), new() { FieldManager = manager, Force = force }, default)).Object);
        }

        IEnumerable<string> Owners() => api.Get(deployment)["metadata"]!["managedFields"]!.AsArray()
            .Where(entry => entry!["fieldsV1"]!["f:spec"]?["f:replicas"] is not null)
            .Select(entry => $"{entry!["operation"]} {entry["manager"]} {entry["apiVersion"]} {entry["subresource"]}");
    }

    [Fact]
    public void What_a_write_cannot_change_it_does_not_own()
    {
        var request = Convert.ToBase64String(new CertificateRequest("CN=a", ECDsa.Create(), HashAlgorithmName.SHA256).CreateSigningRequestPem().Select(c => (byte)c).ToArray());
        var csr = api.Create("certificates.k8s.io", "v1", "certificatesigningrequests", "", $$$"""{"metadata":{"name":"c","labels":{"a":"b"}},"spec":{"request":"{{{request}}}","signerName":"example.com/s","usages":["client auth"]}}""");
        csr["metadata"]!["managedFields"]!.AsArray().Single()!["fieldsV1"]!.AsObject().Select(field => field.Key).ShouldBe(["f:metadata"]);

        api.Create("", "v1", "pods", "demo", """{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}]}}""");
        var status = Tree(Done(api.Registry.PatchAsync(Target("", "v1", "pods", "demo", "p", "status"), PatchType.Merge, Utf8("""{"metadata":{"ownerReferences":[]},"status":{"phase":"Running"}}"""), new(), default)).Object);
        status["metadata"]!["managedFields"]!.AsArray().Single(entry => (string?)entry!["subresource"] == "status")!["fieldsV1"]!.AsObject().Select(field => field.Key).ShouldBe(["f:status"]);
    }

    [Fact]
    public void A_status_of_the_newer_kinds_is_written_without_their_labels()
    {
        api.Create("storage.k8s.io", "v1", "volumeattachments", "", """{"metadata":{"name":"a","labels":{"a":"b"}},"spec":{"attacher":"x.io","nodeName":"n","source":{"persistentVolumeName":"p"}}}""");
        var written = api.Merge(Target("storage.k8s.io", "v1", "volumeattachments", "", "a", "status"), """{"metadata":{"labels":{"c":"d"}},"status":{"attached":true}}""");
        written["metadata"]!["labels"]!.ToJsonString().ShouldBe("""{"a":"b"}""");
        ((bool?)written["status"]!["attached"]).ShouldBe(true);
    }

    [Fact]
    public void A_created_object_has_what_only_the_server_says()
    {
        var created = api.Create(ConfigMaps(), """{"metadata":{"name":"a"},"data":{"k":"v"}}""");

        ((string?)created["kind"]).ShouldBe("ConfigMap");
        ((string?)created["apiVersion"]).ShouldBe("v1");
        ((string?)created["metadata"]!["namespace"]).ShouldBe("demo");
        ((string?)created["metadata"]!["creationTimestamp"]).ShouldBe("2026-01-02T03:04:05Z");
        ((string?)created["metadata"]!["uid"]).ShouldNotBeNullOrEmpty();
        ((string?)created["metadata"]!["resourceVersion"]).ShouldBe("2");
        api.Get(ConfigMaps("a")).ToJsonString().ShouldBe(created.ToJsonString());
    }

    [Fact]
    public void A_name_that_is_taken_is_refused()
    {
        api.Create(ConfigMaps(), """{"metadata":{"name":"a"}}""");

        var refusal = Refused(() => api.Create(ConfigMaps(), """{"metadata":{"name":"a"}}"""));

        refusal.Code.ShouldBe(409);
        refusal.Message.ShouldBe("configmaps \"a\" already exists");
    }

    [Fact]
    public void GenerateName_makes_names_that_differ()
    {
        var names = Enumerable.Range(0, 20).Select(_ => (string?)api.Create(ConfigMaps(), """{"metadata":{"generateName":"a-"}}""")["metadata"]!["name"]).ToHashSet();

        names.Count.ShouldBe(20);
        names.ShouldAllBe(n => n!.StartsWith("a-", StringComparison.Ordinal) && n.Length == 7);
    }

    [Fact]
    public void An_update_that_changes_nothing_is_not_written()
    {
        var created = api.Create(ConfigMaps(), """{"metadata":{"name":"a"},"data":{"k":"v"}}""");
        var before = api.Store.Current.Revision;

        var updated = api.Update(ConfigMaps("a"), created);

        updated.ToJsonString().ShouldBe(created.ToJsonString());
        api.Store.Current.Revision.ShouldBe(before);
    }

    [Fact]
    public void An_update_of_a_revision_that_is_not_the_newest_conflicts()
    {
        var stale = api.Create(ConfigMaps(), """{"metadata":{"name":"a"},"data":{"k":"1"}}""");
        api.Merge(ConfigMaps("a"), """{"data":{"k":"2"}}""");
        stale["data"]!["k"] = "3";

        var refusal = Refused(() => api.Update(ConfigMaps("a"), stale));

        refusal.Reason.ShouldBe("Conflict");
        ((string?)api.Get(ConfigMaps("a"))["data"]!["k"]).ShouldBe("2");
    }

    [Fact]
    public void Unknown_and_duplicate_fields_are_refused_by_name_when_strict_and_warned_about_otherwise()
    {
        const string Json = """{"metadata":{"name":"a"},"dat":{},"data":{"k":"1"},"data":{"k":"2"}}""";

        var refusal = Refused(() => api.Create(ConfigMaps(), Json, new WriteOptions { FieldValidation = "Strict" }));
        var result = Done(api.Registry.CreateAsync(ConfigMaps(), Utf8(Json), new(), default));

        refusal.Code.ShouldBe(400);
        refusal.Message.ShouldBe("ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict decoding error: unknown field \"dat\", duplicate field \"data\"");
        result.Warnings.ShouldBe(["unknown field \"dat\"", "duplicate field \"data\""]);
        ((string?)Tree(result.Object)["data"]!["k"]).ShouldBe("2");
    }

    [Fact]
    public void Nothing_is_created_in_a_missing_or_terminating_namespace()
    {
        Refused(() => api.Create("", "v1", "configmaps", "nowhere", """{"metadata":{"name":"a"}}""")).Message.ShouldBe("namespaces \"nowhere\" not found");
        api.Delete(Target("", "v1", "namespaces", name: "demo")).Removed.ShouldBeFalse();

        var refusal = Refused(() => api.Create(ConfigMaps(), """{"metadata":{"name":"a"}}"""));

        refusal.Code.ShouldBe(403);
        refusal.Causes.Single().Reason.ShouldBe("NamespaceTerminating");
    }

    [Fact]
    public void Nothing_is_born_in_a_namespace_that_began_to_go_before_it_was_committed()
    {
        RegistryHarness raced = null!;
        raced = new RegistryHarness(new OnceBeforeCreate("configmaps", () => raced.Delete(Target("", "v1", "namespaces", name: "demo"))));

        Refused(() => raced.Create(ConfigMaps(), """{"metadata":{"name":"a"}}""")).Causes.Single().Reason.ShouldBe("NamespaceTerminating");
        raced.Store.Current.Count("configmaps", "demo").ShouldBe(0);
    }

    [Fact]
    public void A_namespace_goes_when_it_is_finalized()
    {
        api.Delete(Target("", "v1", "namespaces", name: "demo"));
        var ns = api.Get(Target("", "v1", "namespaces", name: "demo"));
        ((string?)ns["status"]!["phase"]).ShouldBe("Terminating");

        ns["spec"]!["finalizers"] = new JsonArray();
        api.Update(Target("", "v1", "namespaces", name: "demo", subresource: "finalize"), ns);

        Refused(() => api.Get(Target("", "v1", "namespaces", name: "demo"))).Reason.ShouldBe("NotFound");
    }

    [Fact]
    public void A_finalizer_holds_a_deletion_until_it_is_taken_away()
    {
        api.Create(ConfigMaps(), """{"metadata":{"name":"a","finalizers":["example.com/hold"]}}""");

        api.Delete(ConfigMaps("a")).Removed.ShouldBeFalse();
        ((string?)api.Get(ConfigMaps("a"))["metadata"]!["deletionTimestamp"]).ShouldBe("2026-01-02T03:04:05Z");
        api.Merge(ConfigMaps("a"), """{"metadata":{"finalizers":null}}""");

        Refused(() => api.Get(ConfigMaps("a"))).Reason.ShouldBe("NotFound");
    }

    [Fact]
    public void A_deletion_looks_at_its_preconditions()
    {
        var created = api.Create(ConfigMaps(), """{"metadata":{"name":"a"}}""");

        Refused(() => api.Delete(ConfigMaps("a"), new DeleteOptions { PreconditionUid = "other" })).Reason.ShouldBe("Conflict");
        Refused(() => api.Delete(ConfigMaps("a"), new DeleteOptions { PreconditionResourceVersion = "1" })).Reason.ShouldBe("Conflict");
        api.Delete(ConfigMaps("a"), new DeleteOptions { PreconditionUid = (string)created["metadata"]!["uid"]! }).Removed.ShouldBeTrue();
    }

    [Fact]
    public void A_dry_run_answers_as_the_write_would_and_writes_nothing()
    {
        var before = api.Store.Current.Revision;

        var created = api.Create(ConfigMaps(), """{"metadata":{"name":"a"}}""", new WriteOptions { DryRun = true });

        ((string?)created["metadata"]!["uid"]).ShouldNotBeNullOrEmpty();
        created["metadata"]!["resourceVersion"].ShouldBeNull();
        api.Store.Current.Revision.ShouldBe(before);
    }

    [Fact]
    public void StringData_of_a_secret_becomes_data()
    {
        var secret = api.Create("", "v1", "secrets", "demo", """{"metadata":{"name":"s"},"stringData":{"p":"q"}}""");

        secret["stringData"].ShouldBeNull();
        ((string?)secret["data"]!["p"]).ShouldBe("cQ==");
        ((string?)secret["type"]).ShouldBe("Opaque");
    }

    [Fact]
    public void Deletecollection_takes_what_is_selected()
    {
        foreach (var i in Enumerable.Range(0, 10)) api.Create(ConfigMaps(), $$"""{"metadata":{"name":"c{{i}}","labels":{"odd":"{{i % 2}}"} } }""");

        Done(api.Registry.DeleteCollectionAsync(ConfigMaps(), new ListOptions { LabelSelector = "odd=1" }, new(), default)).Items.Count.ShouldBe(5);

        api.List(ConfigMaps()).Items.Count.ShouldBe(5);
    }

    [Fact]
    public void Who_may_not_is_told_what_he_may_not()
    {
        var target = ConfigMaps("a") with { User = new UserInfo("bob", ["system:authenticated"]) };

        var refusal = Refused(() => api.Get(target));

        refusal.Code.ShouldBe(403);
        refusal.Message.ShouldBe("configmaps \"a\" is forbidden: User \"bob\" cannot get resource \"configmaps\" in API group \"\" in the namespace \"demo\"");
    }

    [Fact]
    public void Server_side_apply_records_its_owner_and_finds_conflicts()
    {
        const string First = """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"k":"1"}}""";
        var options = new WriteOptions { FieldManager = "one" };
        var created = Done(api.Registry.PatchAsync(ConfigMaps("a"), PatchType.ApplyYaml, Utf8(First), options, default));
        created.Created.ShouldBeTrue();
        ((string?)Tree(created.Object)["metadata"]!["managedFields"]![0]!["operation"]).ShouldBe("Apply");

        var again = Done(api.Registry.PatchAsync(ConfigMaps("a"), PatchType.ApplyYaml, Utf8(First), options, default));
        again.Object.Revision.ShouldBe(created.Object.Revision);

        var other = new WriteOptions { FieldManager = "two" };
        var changed = Utf8(First.Replace("\"1\"", "\"2\"", StringComparison.Ordinal));
        Refused(() => Done(api.Registry.PatchAsync(ConfigMaps("a"), PatchType.ApplyYaml, changed, other, default))).Causes.Single().Reason.ShouldBe("FieldManagerConflict");
        var forced = Done(api.Registry.PatchAsync(ConfigMaps("a"), PatchType.ApplyYaml, changed, other with { Force = true }, default));
        ((string?)Tree(forced.Object)["data"]!["k"]).ShouldBe("2");
    }
}

/// <summary>Somebody else is faster: something happens while the first object of a resource is admitted.</summary>
internal sealed class OnceBeforeCreate(string resource, Action happens) : IAdmissionPlugin
{
    private bool happened;

    public bool Handles(string group, string asked, string subresource, AdmissionOperation operation) => asked == resource && operation == AdmissionOperation.Create;

    public ValueTask<AdmissionResult> MutateAsync(AdmissionRequest request, CancellationToken ct)
    {
        if (!happened)
        {
            happened = true;
            happens();
        }

        return new(AdmissionResult.Allowed);
    }

    public ValueTask<AdmissionResult> ValidateAsync(AdmissionRequest request, CancellationToken ct) => new(AdmissionResult.Allowed);
}
