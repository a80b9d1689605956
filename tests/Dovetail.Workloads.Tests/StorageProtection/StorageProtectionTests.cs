using Dovetail.Machinery.Endpoints;
using Dovetail.Runtime.Seam;
using Dovetail.Workloads.StorageProtection;
using k8s.Models;

namespace Dovetail.Workloads.Tests.StorageProtection;

public sealed class StorageProtectionTests : ControllersWorld
{
    [Fact]
    public async Task A_deleted_claim_stays_until_the_pod_that_uses_it_has_gone()
    {
        await ClaimAsync("data");
        await UntilAsync(BuiltInTypes.PersistentVolumeClaims, "default", "data", claim => claim?.Metadata.Finalizers?.Contains(ClaimProtection.Finalizer) == true);
        var pod = new V1Pod
        {
            Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = "p" },
            Spec = new V1PodSpec
            {
                NodeName = "n",
                Containers = [new V1Container { Name = "c", Image = "i" }],
                Volumes = [new V1Volume { Name = "v", PersistentVolumeClaim = new V1PersistentVolumeClaimVolumeSource { ClaimName = "data" } }],
            },
        };
        await Api.CreateAsync(BuiltInTypes.Pods, pod, Ct);
        await Api.DeleteAsync(BuiltInTypes.PersistentVolumeClaims, "default", "data", new DeleteOptions(), Ct);
        (await Api.FindAsync(BuiltInTypes.PersistentVolumeClaims, "default", "data", Ct))!.Metadata.Finalizers.ShouldContain(ClaimProtection.Finalizer);
        await Api.DeleteAsync(BuiltInTypes.Pods, "default", "p", new DeleteOptions { GracePeriodSeconds = 0 }, Ct);
        await UntilAsync(BuiltInTypes.PersistentVolumeClaims, "default", "data", claim => claim is null);
    }

    [Theory]
    [InlineData(false, false, "", "hold")]
    [InlineData(false, false, "hold", null)]
    [InlineData(true, true, "hold", null)]
    [InlineData(true, false, "hold", "")]
    [InlineData(true, true, "", null)]
    public void The_finalizer_is_on_what_lives_and_on_what_is_used(bool goes, bool used, string present, string? wanted)
    {
        var metadata = new V1ObjectMeta { DeletionTimestamp = goes ? DateTime.UnixEpoch : null, Finalizers = present.Length == 0 ? null : [present] };
        var decided = ProtectionFinalizer.Wanted(metadata, "hold", used);
        (decided is { } finalizers ? string.Join(',', finalizers) : null).ShouldBe(wanted);
    }

    [Fact]
    public async Task A_claim_without_a_class_gets_the_newest_default_when_there_is_one()
    {
        await ClaimAsync("early");
        var marked = new V1StorageClass
        {
            Metadata = new V1ObjectMeta { Name = "fast", Annotations = new Dictionary<string, string> { ["storageclass.kubernetes.io/is-default-class"] = "true" } },
            Provisioner = "example.com/fast",
        };
        await Api.CreateAsync(BuiltInTypes.StorageClasses, marked, Ct);
        await UntilAsync(BuiltInTypes.PersistentVolumeClaims, "default", "early", claim => claim?.Spec.StorageClassName == "fast");
    }

    private Task<V1PersistentVolumeClaim> ClaimAsync(string name) => Api.CreateAsync(
        BuiltInTypes.PersistentVolumeClaims,
        new V1PersistentVolumeClaim
        {
            Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = name },
            Spec = new V1PersistentVolumeClaimSpec
            {
                AccessModes = ["ReadWriteOnce"],
                Resources = new V1VolumeResourceRequirements { Requests = new Dictionary<string, ResourceQuantity> { ["storage"] = new("1Gi") } },
            },
        },
        Ct);
}
