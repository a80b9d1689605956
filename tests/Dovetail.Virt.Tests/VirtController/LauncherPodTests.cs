using Dovetail.Api.KubeVirt;
using Dovetail.Virt.VirtController.VirtualMachineInstances;
using k8s.Models;

namespace Dovetail.Virt.Tests.VirtController;

public sealed class LauncherPodTests
{
    [Fact]
    public void The_pod_tells_the_node_agent_what_to_pull_and_where_to_bind_it()
    {
        var vmi = Make.Vmi(VmiPhases.Pending, change: v => v.Spec!.Volumes =
        [
            new() { Name = "scratch", EmptyDisk = new() { Capacity = new("1Gi") } },
            new() { Name = "root", ContainerDisk = new() { Image = "127.0.0.1:5000/dovetail/tiny", Path = "/disk/a.qcow2", ImagePullSecret = "reg" } },
        ]);

        var pod = LauncherPodRenderer.Render(vmi, emulated: true, new());

        pod.Spec.RuntimeClassName.ShouldBe("dovetail-launcher");
        pod.Spec.Containers.Select(c => c.Name).ShouldBe(["compute", "volumeroot"]);
        pod.Spec.Containers[1].Args.ShouldBe(["--copy-path", "/var/run/kubevirt/container-disks/disk_1", "--image-path", "/disk/a.qcow2"]);
        pod.Spec.ImagePullSecrets.Single().Name.ShouldBe("reg");
        pod.Spec.ReadinessGates.Single().ConditionType.ShouldBe(LauncherReadinessGate.VirtualMachineUnpaused);
        pod.Spec.TerminationGracePeriodSeconds.ShouldBe(60);
        pod.Metadata.OwnerReferences.Single().Uid.ShouldBe("vmi-1");
        pod.Metadata.Labels[KubeVirtLabels.CreatedBy].ShouldBe("vmi-1");
        pod.Metadata.Annotations[KubeVirtAnnotations.Domain].ShouldBe("web");
    }

    [Fact]
    public void Names_of_any_length_give_names_and_labels_that_fit()
    {
        var name = new string('a', 62) + ".b" + new string('c', 80);
        var vmi = Make.Vmi(VmiPhases.Pending, change: v => v.Metadata.Name = name);

        var pod = LauncherPodRenderer.Render(vmi, emulated: true, new());

        pod.Metadata.Name.Length.ShouldBeLessThanOrEqualTo(63);
        pod.Spec.Hostname.ShouldBe(new string('a', 62));
        pod.Metadata.Labels.Values.ShouldAllBe(value => value.Length <= 63);
        pod.Metadata.Annotations[KubeVirtAnnotations.Domain].ShouldBe(name);
    }

    [Fact]
    public void Each_vmi_has_one_pod_name_of_its_own()
    {
        var first = LauncherPodRenderer.PodName(Make.Vmi(VmiPhases.Pending));

        first.ShouldBe(LauncherPodRenderer.PodName(Make.Vmi(VmiPhases.Running)));
        first.ShouldNotBe(LauncherPodRenderer.PodName(Make.Vmi(VmiPhases.Pending, change: v => v.Metadata.Uid = "vmi-2")));
        first.ShouldStartWith("virt-launcher-web-");
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Kvm_is_asked_for_only_where_it_works(bool emulated, bool asked) =>
        LauncherPodRenderer.Render(Make.Vmi(VmiPhases.Pending), emulated, new()).Spec.Containers[0].Resources.Limits.ContainsKey("devices.kubevirt.io/kvm").ShouldBe(asked);

    [Fact]
    public void Memory_is_the_guests_and_what_surrounds_it()
    {
        var resources = LauncherResources.Of(Make.Spec(), emulated: true);

        // 512 Mi, 1 Mi page tables, 32 processes, 50 QEMU, 2 × 8 vCPU, 8 I/O thread, 32 video.
        resources.Requests["memory"].ToDecimal().ShouldBe((512 + 1 + 32 + 50 + 16 + 8 + 32) * (decimal)(1 << 20));
        resources.Requests["cpu"].ToDecimal().ShouldBe(0.2m);
        resources.Limits.ContainsKey("memory").ShouldBeFalse();
    }

    [Fact]
    public void What_the_user_asks_for_wins()
    {
        var spec = Make.Spec();
        spec.Domain!.Resources = new()
        {
            Requests = new Dictionary<string, ResourceQuantity> { ["cpu"] = new("1500m"), ["memory"] = new("1Gi") },
            Limits = new Dictionary<string, ResourceQuantity> { ["memory"] = new("2Gi") },
        };

        var resources = LauncherResources.Of(spec, emulated: true);

        resources.Requests["cpu"].ToDecimal().ShouldBe(1.5m);
        resources.Requests["memory"].ToDecimal().ShouldBe((1024 + 2 + 32 + 50 + 16 + 8 + 32) * (decimal)(1 << 20));
        resources.Limits["memory"].ToDecimal().ShouldBe((2048 + 2 + 32 + 50 + 16 + 8 + 32) * (decimal)(1 << 20));
    }

    [Fact]
    public void Labels_and_placement_of_the_vmi_go_to_the_pod()
    {
        var vmi = Make.Vmi(VmiPhases.Pending, change: v =>
        {
            v.Metadata.Labels = new Dictionary<string, string> { ["app"] = "web" };
            v.Metadata.Annotations = new Dictionary<string, string> { ["note"] = "x", ["kubectl.kubernetes.io/last-applied-configuration"] = "{}" };
            v.Spec!.NodeSelector = new Dictionary<string, string> { ["disk"] = "ssd" };
            v.Spec.Architecture = "amd64";
        });

        var pod = LauncherPodRenderer.Render(vmi, emulated: true, new());

        pod.Metadata.Labels["app"].ShouldBe("web");
        pod.Metadata.Annotations.ContainsKey("note").ShouldBeTrue();
        pod.Metadata.Annotations.ContainsKey("kubectl.kubernetes.io/last-applied-configuration").ShouldBeFalse();
        pod.Spec.NodeSelector.ShouldBe(new Dictionary<string, string> { ["kubevirt.io/schedulable"] = "true", ["kubernetes.io/arch"] = "amd64", ["disk"] = "ssd" }, ignoreOrder: true);
    }
}
