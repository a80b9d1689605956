using System.Text.Json.Nodes;
using Dovetail.Machinery.Endpoints;

namespace Dovetail.Virt.Tests.VirtApi;

/// <summary>What admission completes.</summary>
public sealed class DefaultsTests
{
    [Fact]
    public async Task An_instance_is_completed_with_what_its_guest_will_have()
    {
        var vmi = Admit.Instance();
        (await Admit.RunAsync(vmi)).ShouldBeNull();

        vmi.Text("spec.architecture").ShouldBe("amd64");
        vmi.Text("spec.domain.machine.type").ShouldBe("q35");
        vmi.Text("spec.domain.firmware.uuid").ShouldBe(Admit.Generated.ToString());
        (vmi.Text("spec.domain.cpu.sockets"), vmi.Text("spec.domain.cpu.cores"), vmi.Text("spec.domain.cpu.threads"), vmi.Text("spec.domain.cpu.model")).ShouldBe(("1", "1", "1", "host-model"));
        vmi.Text("status.phase").ShouldBe("Pending");
        vmi.Text("status.memory.guestAtBoot").ShouldBe("128Mi");
        vmi.Text("status.currentCPUTopology.sockets").ShouldBe("1");
        vmi.Text("metadata.finalizers.0").ShouldBe("kubevirt.io/foregroundDeleteVirtualMachine");
    }

    [Fact]
    public async Task An_instance_without_interfaces_is_put_on_the_pod_network_by_masquerade()
    {
        var vmi = Admit.Instance();
        await Admit.RunAsync(vmi);
        vmi.At("spec.domain.devices.interfaces")!.ToJsonString().ShouldBe("""[{"name":"default","masquerade":{},"model":"virtio"}]""");
        vmi.At("spec.networks")!.ToJsonString().ShouldBe("""[{"name":"default","pod":{}}]""");
    }

    [Fact]
    public async Task An_instance_that_wants_no_pod_interface_gets_none()
    {
        var vmi = Admit.Instance(spec => spec["domain"]!["devices"]!["autoattachPodInterface"] = false);
        (await Admit.RunAsync(vmi)).ShouldBeNull();
        vmi.At("spec.domain.devices.interfaces").ShouldBeNull();
        vmi.At("spec.networks").ShouldBeNull();
    }

    [Theory]
    [InlineData("tiny", "Always")]
    [InlineData("127.0.0.1:5000/dovetail/tiny", "Always")]
    [InlineData("127.0.0.1:5000/dovetail/tiny:latest", "Always")]
    [InlineData("127.0.0.1:5000/dovetail/tiny:v2", "IfNotPresent")]
    [InlineData("127.0.0.1:5000/dovetail/tiny@sha256:00", "IfNotPresent")]
    public async Task An_image_that_can_move_is_pulled_at_every_start(string image, string policy)
    {
        var vmi = Admit.Instance(spec => spec["volumes"]![0]!["containerDisk"]!["image"] = image);
        await Admit.RunAsync(vmi);
        vmi.Text("spec.volumes.0.containerDisk.imagePullPolicy").ShouldBe(policy);
    }

    [Theory]
    [InlineData("""{"requests":{"memory":"64Mi"}}""", "64Mi")]
    [InlineData("""{"limits":{"memory":"96Mi"}}""", "96Mi")]
    [InlineData("""{"requests":{"memory":"64Mi"},"limits":{"memory":"96Mi"}}""", "64Mi")]
    public async Task The_guests_memory_follows_the_resources_when_it_is_not_named(string resources, string memory)
    {
        var vmi = Admit.Instance(spec =>
        {
            ((JsonObject)spec["domain"]!).Remove("memory");
            spec["domain"]!["resources"] = JsonNode.Parse(resources);
        });
        (await Admit.RunAsync(vmi)).ShouldBeNull();
        vmi.Text("spec.domain.memory.guest").ShouldBe(memory);
    }

    [Theory]
    [InlineData("""{"limits":{"cpu":"2500m"}}""", "3")]
    [InlineData("""{"requests":{"cpu":"100m"}}""", "1")]
    public async Task Sockets_follow_the_cpu_resources_when_no_topology_is_named(string resources, string sockets)
    {
        var vmi = Admit.Instance(spec => spec["domain"]!["resources"] = JsonNode.Parse(resources));
        (await Admit.RunAsync(vmi)).ShouldBeNull();
        vmi.Text("spec.domain.cpu.sockets").ShouldBe(sockets);
    }

    [Fact]
    public async Task A_topology_of_zeros_counts_as_none()
    {
        var vmi = Admit.Instance(spec => spec["domain"]!["cpu"] = JsonNode.Parse("""{"sockets":0,"cores":2,"threads":0}"""));
        (await Admit.RunAsync(vmi)).ShouldBeNull();
        (vmi.Text("spec.domain.cpu.sockets"), vmi.Text("spec.domain.cpu.cores"), vmi.Text("spec.domain.cpu.threads")).ShouldBe(("1", "2", "1"));
    }

    [Fact]
    public async Task A_volume_without_a_disk_gets_one_and_a_disk_without_a_bus_is_sata()
    {
        var vmi = Admit.Instance(spec => ((JsonObject)spec["domain"]!["devices"]!).Remove("disks"));
        (await Admit.RunAsync(vmi)).ShouldBeNull();
        vmi.At("spec.domain.devices.disks")!.ToJsonString().ShouldBe("""[{"name":"root","disk":{"bus":"sata"}}]""");
    }

    [Fact]
    public async Task A_feature_that_is_named_is_on_unless_it_says_otherwise()
    {
        var vmi = Admit.Instance(spec => spec["domain"]!["features"] = JsonNode.Parse("""{"acpi":{},"smm":{"enabled":false},"hyperv":{"relaxed":{}},"kvm":{"hidden":true}}"""));
        (await Admit.RunAsync(vmi)).ShouldBeNull();
        vmi.At("spec.domain.features")!.ToJsonString().ShouldBe("""{"acpi":{"enabled":true},"smm":{"enabled":false},"hyperv":{"relaxed":{"enabled":true}},"kvm":{"hidden":true}}""");
    }

    [Fact]
    public async Task A_machine_keeps_its_generated_identity_when_its_manifest_is_applied_again()
    {
        var stored = Admit.Machine();
        await Admit.RunAsync(stored);
        stored.Text("spec.template.spec.domain.firmware.uuid").ShouldBe(Admit.Generated.ToString());
        stored.Text("spec.template.spec.domain.firmware.serial").ShouldBe(Admit.Generated.ToString());
        stored["spec"]!["template"]!["spec"]!["domain"]!["firmware"] = JsonNode.Parse("""{"uuid":"99999999-2222-3333-4444-555555555555","serial":"s-1"}""");

        var applied = Admit.Machine(spec => spec["runStrategy"] = "Halted");
        (await Admit.RunAsync(applied, stored)).ShouldBeNull();
        applied.Text("spec.template.spec.domain.firmware.uuid").ShouldBe("99999999-2222-3333-4444-555555555555");
        applied.Text("spec.template.spec.domain.firmware.serial").ShouldBe("s-1");
    }

    [Fact]
    public async Task A_machines_template_is_otherwise_left_as_its_owner_wrote_it()
    {
        var vm = Admit.Machine();
        await Admit.RunAsync(vm);
        vm.At("spec.template.spec.domain.cpu").ShouldBeNull();
        vm.At("spec.template.spec.networks").ShouldBeNull();
        vm.At("status").ShouldBeNull();
    }

    [Fact]
    public async Task A_status_that_a_user_sends_with_an_instance_is_dropped()
    {
        var created = Admit.Instance();
        created["status"] = new JsonObject { ["phase"] = "Running" };
        await Admit.RunAsync(created);
        created.Text("status.phase").ShouldBe("Pending");

        var changed = (JsonObject)created.DeepClone();
        changed["status"]!["phase"] = "Running";
        (await Admit.RunAsync(changed, created)).ShouldBeNull();
        changed.Text("status.phase").ShouldBe("Pending");
    }

    [Fact]
    public async Task Components_write_an_instances_status_and_spec()
    {
        var stored = Admit.Instance();
        await Admit.RunAsync(stored);
        foreach (var user in new[] { UserInfo.Component("virt-controller"), new UserInfo("system:node:n1", ["system:nodes"]) })
        {
            var changed = (JsonObject)stored.DeepClone();
            changed["status"]!["phase"] = "Running";
            changed["spec"]!["terminationGracePeriodSeconds"] = 1;
            (await Admit.RunAsync(changed, stored, user)).ShouldBeNull();
            changed.Text("status.phase").ShouldBe("Running");
        }
    }

    [Fact]
    public async Task A_user_does_not_change_an_instances_spec_but_its_labels()
    {
        var stored = Admit.Instance();
        await Admit.RunAsync(stored);
        var spec = (JsonObject)stored.DeepClone();
        spec["spec"]!["terminationGracePeriodSeconds"] = 1;
        (await Admit.CausesAsync(spec, stored)).ShouldHaveSingleItem().Field.ShouldBe("spec");

        var labels = (JsonObject)stored.DeepClone();
        labels["metadata"]!["labels"] = new JsonObject { ["tier"] = "web" };
        (await Admit.RunAsync(labels, stored)).ShouldBeNull();
    }
}
