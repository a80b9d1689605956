using System.Text.Json.Nodes;

namespace Dovetail.Virt.Tests.VirtApi;

/// <summary>What admission refuses: each rule once, with the path and the reason that a client reads.</summary>
public sealed class ValidationTests
{
    private const string Disk = "spec.domain.devices.disks[0]";
    private const string Nic = "spec.domain.devices.interfaces[0]";

    /// <summary>A merge patch on the spec of <see cref="Admit.SmallInstance"/>, the path of the fault, its reason.</summary>
    public static TheoryData<string, string, string> Faults => new()
    {
        { """{"hostname":"no.dots"}""", "spec.hostname", "FieldValueInvalid" },
        { """{"subdomain":"-x"}""", "spec.subdomain", "FieldValueInvalid" },
        { """{"terminationGracePeriodSeconds":-1}""", "spec.terminationGracePeriodSeconds", "FieldValueInvalid" },
        { """{"domain":{"memory":null}}""", "spec.domain.memory.guest", "FieldValueRequired" },
        { """{"domain":{"memory":{"guest":"1"}}}""", "spec.domain.memory.guest", "FieldValueInvalid" },
        { """{"domain":{"resources":{"requests":{"memory":"-1"}}}}""", "spec.domain.resources.requests.memory", "FieldValueInvalid" },
        { """{"domain":{"resources":{"requests":{"memory":"256Mi"},"limits":{"memory":"200Mi"}}}}""", "spec.domain.resources.requests.memory", "FieldValueInvalid" },
        { """{"domain":{"resources":{"limits":{"memory":"64Mi"}}}}""", "spec.domain.memory.guest", "FieldValueInvalid" },
        { """{"domain":{"resources":{"requests":{"cpu":"-1"}}}}""", "spec.domain.resources.requests.cpu", "FieldValueInvalid" },
        { """{"domain":{"resources":{"requests":{"cpu":"2"},"limits":{"cpu":"1"}}}}""", "spec.domain.resources.requests.cpu", "FieldValueInvalid" },
        { """{"domain":{"cpu":{"threads":3}}}""", "spec.domain.cpu.threads", "FieldValueInvalid" },
        { """{"domain":{"cpu":{"sockets":513}}}""", "spec.domain.cpu", "FieldValueInvalid" },
        { """{"domain":{"cpu":{"sockets":4294967295,"cores":4294967295,"threads":2}}}""", "spec.domain.cpu", "FieldValueInvalid" },
        { """{"domain":{"cpu":{"sockets":5000000000}}}""", "spec.domain.cpu.sockets", "FieldValueInvalid" },
        { """{"domain":{"cpu":{"cores":-1}}}""", "spec.domain.cpu.cores", "FieldValueInvalid" },
        { """{"domain":{"machine":{"type":"pc-i440fx"}}}""", "spec.domain.machine.type", "FieldValueNotSupported" },
        { """{"domain":{"firmware":{"uuid":"x"}}}""", "spec.domain.firmware.uuid", "FieldValueInvalid" },
        { """{"domain":{"firmware":{"bootloader":{"bios":{},"efi":{"secureBoot":false}}}}}""", "spec.domain.firmware.bootloader", "FieldValueInvalid" },
        { """{"domain":{"firmware":{"bootloader":{"efi":{}}}}}""", "spec.domain.firmware.bootloader.efi.secureBoot", "FieldValueInvalid" },
        { """{"domain":{"devices":{"disks":[{"name":"root"},{"name":"root"}]}}}""", "spec.domain.devices.disks[1].name", "FieldValueDuplicate" },
        { """{"domain":{"devices":{"disks":[{"name":"root"},{"name":"other"}]}}}""", "spec.domain.devices.disks[1].name", "FieldValueNotFound" },
        { """{"domain":{"devices":{"disks":[{"name":"root","disk":{},"cdrom":{}}]}}}""", Disk, "FieldValueInvalid" },
        { """{"domain":{"devices":{"disks":[{"name":"root","cdrom":{"readonly":false}}]}}}""", $"{Disk}.cdrom.readonly", "FieldValueInvalid" },
        { """{"domain":{"devices":{"disks":[{"name":"root","disk":{"bus":"sata","readonly":true}}]}}}""", $"{Disk}.disk.readonly", "FieldValueInvalid" },
        { """{"domain":{"devices":{"disks":[{"name":"root","disk":{"bus":"ide"}}]}}}""", $"{Disk}.disk.bus", "FieldValueNotSupported" },
        { """{"domain":{"devices":{"disks":[{"name":"root","serial":"a b"}]}}}""", $"{Disk}.serial", "FieldValueInvalid" },
        { """{"domain":{"devices":{"disks":[{"name":"root","cache":"unsafe"}]}}}""", $"{Disk}.cache", "FieldValueNotSupported" },
        { """{"domain":{"devices":{"disks":[{"name":"root","blockSize":{"custom":{"logical":513,"physical":4096}}}]}}}""", $"{Disk}.blockSize.custom.logical", "FieldValueInvalid" },
        { """{"domain":{"devices":{"disks":[{"name":"root","blockSize":{"custom":{"logical":4096,"physical":512}}}]}}}""", $"{Disk}.blockSize.custom.logical", "FieldValueInvalid" },
        { """{"domain":{"devices":{"disks":[{"name":"root","bootOrder":0}]}}}""", $"{Disk}.bootOrder", "FieldValueInvalid" },
        { """{"domain":{"devices":{"disks":[{"name":"root","bootOrder":1}],"interfaces":[{"name":"n","masquerade":{},"bootOrder":1}]}},"networks":[{"name":"n","pod":{}}]}""", $"{Nic}.bootOrder", "FieldValueInvalid" },
        { """{"volumes":[{"name":"Root","containerDisk":{"image":"i"}}],"domain":{"devices":{"disks":null}}}""", "spec.volumes[0].name", "FieldValueInvalid" },
        { """{"volumes":[{"name":"root","containerDisk":{"image":"i"}},{"name":"root","emptyDisk":{"capacity":"1Gi"}}]}""", "spec.volumes[1].name", "FieldValueDuplicate" },
        { """{"volumes":[{"name":"root"}]}""", "spec.volumes[0]", "FieldValueInvalid" },
        { """{"volumes":[{"name":"root","containerDisk":{"image":"i"},"emptyDisk":{"capacity":"1Gi"}}]}""", "spec.volumes[0]", "FieldValueInvalid" },
        { """{"volumes":[{"name":"root","containerDisk":{"image":" "}}]}""", "spec.volumes[0].containerDisk.image", "FieldValueRequired" },
        { """{"volumes":[{"name":"root","containerDisk":{"image":"i","imagePullPolicy":"Sometimes"}}]}""", "spec.volumes[0].containerDisk.imagePullPolicy", "FieldValueNotSupported" },
        { """{"volumes":[{"name":"root","emptyDisk":{"capacity":"0"}}]}""", "spec.volumes[0].emptyDisk.capacity", "FieldValueInvalid" },
        { """{"volumes":[{"name":"root","emptyDisk":{"capacity":"-1"}}]}""", "spec.volumes[0].emptyDisk.capacity", "FieldValueInvalid" },
        { """{"volumes":[{"name":"root","emptyDisk":{"capacity":"1e99"}}]}""", "spec.volumes[0].emptyDisk.capacity", "FieldValueInvalid" },
        { """{"domain":{"resources":{"requests":{"cpu":"1e9999999"}}}}""", "spec.domain.cpu", "FieldValueInvalid" },
        { """{"volumes":[{"name":"root","cloudInitNoCloud":{}}]}""", "spec.volumes[0].cloudInitNoCloud", "FieldValueRequired" },
        { """{"volumes":[{"name":"root","cloudInitNoCloud":{"userData":"a","userDataBase64":"YQ=="}}]}""", "spec.volumes[0].cloudInitNoCloud", "FieldValueInvalid" },
        { """{"volumes":[{"name":"root","cloudInitConfigDrive":{"userDataBase64":"%"}}]}""", "spec.volumes[0].cloudInitConfigDrive.userDataBase64", "FieldValueInvalid" },
        { """{"networks":[{"name":"n","pod":{}}]}""", "spec.networks[0].name", "FieldValueInvalid" },
        { Pod("""{"name":"other","masquerade":{}}"""), $"{Nic}.name", "FieldValueNotFound" },
        { Pod("""{"name":"n"}"""), Nic, "FieldValueRequired" },
        { Pod("""{"name":"n","masquerade":{},"macAddress":"de:ad"}"""), $"{Nic}.macAddress", "FieldValueInvalid" },
        { Pod("""{"name":"n","masquerade":{},"macAddress":"02-00-00-00-00-00"}"""), $"{Nic}.macAddress", "FieldValueInvalid" },
        { Pod("""{"name":"n","masquerade":{},"macAddress":"01:00:5e:00:00:01"}"""), $"{Nic}.macAddress", "FieldValueInvalid" },
        { Pod("""{"name":"n","masquerade":{},"model":"tulip"}"""), $"{Nic}.model", "FieldValueNotSupported" },
        { Pod("""{"name":"n","masquerade":{},"ports":[{"port":0}]}"""), $"{Nic}.ports[0].port", "FieldValueInvalid" },
        { Pod("""{"name":"n","masquerade":{},"ports":[{"port":80,"name":"a"},{"port":81,"name":"a"}]}"""), $"{Nic}.ports[1].name", "FieldValueDuplicate" },
        { Pod("""{"name":"n","masquerade":{}},{"name":"n","masquerade":{}}"""), "spec.domain.devices.interfaces[1].name", "FieldValueDuplicate" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_fault_is_refused_at_its_path(string patch, string field, string reason)
    {
        var vmi = Admit.Instance();
        Merge((JsonObject)vmi["spec"]!, (JsonObject)JsonNode.Parse(patch)!);
        var refusal = await Admit.RunAsync(vmi);
        refusal.ShouldNotBeNull();
        (refusal.Code, refusal.Reason).ShouldBe((422, "Invalid"));
        refusal.Causes.ShouldContain(c => c.Field == field && c.Reason == reason, $"{refusal.Message}");
    }

    /// <summary>A template is checked as the guest that would be made from it, and the paths are the machine's.</summary>
    [Theory]
    [MemberData(nameof(Faults))]
    public async Task The_same_fault_in_a_machines_template_is_refused_at_the_templates_path(string patch, string field, string reason)
    {
        var vm = Admit.Machine();
        Merge((JsonObject)vm["spec"]!["template"]!["spec"]!, (JsonObject)JsonNode.Parse(patch)!);
        (await Admit.CausesAsync(vm)).ShouldContain(c => c.Field == $"spec.template.{field}" && c.Reason == reason);
    }

    [Fact]
    public async Task Every_fault_is_reported_at_once()
    {
        var vmi = Admit.Instance();
        Merge((JsonObject)vmi["spec"]!, (JsonObject)JsonNode.Parse("""{"hostname":"A!","domain":{"memory":{"guest":"1"},"cpu":{"threads":9}},"volumes":[{"name":"root"}]}""")!);
        var refusal = await Admit.RunAsync(vmi);
        refusal!.Causes.Select(c => c.Field).ShouldBe(["spec.hostname", "spec.domain.memory.guest", "spec.domain.cpu.threads", "spec.volumes[0]"], ignoreOrder: true);
        refusal.Message.ShouldStartWith("VirtualMachineInstance.kubevirt.io \"web\" is invalid: [");
    }

    [Theory]
    [InlineData("""{"domain":{"devices":{"tpm":{}}}}""", "spec.domain.devices.tpm")]
    [InlineData("""{"domain":{"devices":{"disks":[{"name":"root","lun":{}}]}}}""", "spec.domain.devices.disks[0].lun")]
    [InlineData("""{"domain":{"cpu":{"dedicatedCpuPlacement":true}}}""", "spec.domain.cpu.dedicatedCpuPlacement")]
    [InlineData("""{"domain":{"memory":{"guest":"128Mi","hugepages":{"pageSize":"2Mi"}}}}""", "spec.domain.memory.hugepages")]
    [InlineData("""{"priorityClassName":"high"}""", "spec.priorityClassName")]
    [InlineData("""{"volumes":[{"name":"root","containerDisk":{"image":"i","imagePullSecret":"s"}}]}""", "spec.volumes[0].containerDisk.imagePullSecret")]
    [InlineData("""{"livenessProbe":{"tcpSocket":{"port":22}}}""", "spec.livenessProbe")]
    [InlineData("""{"accessCredentials":[{"userPassword":{}}]}""", "spec.accessCredentials")]
    [InlineData("""{"volumes":[{"name":"root","persistentVolumeClaim":{"claimName":"c"}}]}""", "spec.volumes[0].persistentVolumeClaim")]
    [InlineData("""{"domain":{"devices":{"interfaces":[{"name":"n","bridge":{}}]}},"networks":[{"name":"n","pod":{}}]}""", "spec.domain.devices.interfaces[0].bridge")]
    public async Task A_field_that_does_nothing_yet_is_refused_by_name(string patch, string field)
    {
        var vmi = Admit.Instance();
        Merge((JsonObject)vmi["spec"]!, (JsonObject)JsonNode.Parse(patch)!);
        (await Admit.CausesAsync(vmi)).ShouldContain(c => c.Field == field && c.Reason == "FieldValueForbidden" && c.Message.Contains("not supported yet"));
    }

    [Fact]
    public async Task An_annotation_that_would_change_the_guest_is_refused_by_name_and_others_are_the_users_own()
    {
        static JsonObject Metadata() => new() { ["name"] = "web", ["annotations"] = new JsonObject { ["hooks.kubevirt.io/hookSidecars"] = "[]", ["smbios.vm.kubevirt.io/baseBoardManufacturer"] = "mine" } };
        var instance = Admit.Instance();
        instance["metadata"] = Metadata();
        (await Admit.CausesAsync(instance)).ShouldHaveSingleItem().Field.ShouldBe("metadata.annotations[hooks.kubevirt.io/hookSidecars]");
        var machine = Admit.Machine(spec => spec["template"]!["metadata"] = Metadata());
        (await Admit.CausesAsync(machine)).ShouldHaveSingleItem().Field.ShouldBe("spec.template.metadata.annotations[hooks.kubevirt.io/hookSidecars]");
    }

    [Fact]
    public async Task A_switch_that_is_off_asks_for_nothing()
    {
        var vmi = Admit.Instance(spec => spec["domain"]!["cpu"] = JsonNode.Parse("""{"dedicatedCpuPlacement":false}"""));
        (await Admit.RunAsync(vmi)).ShouldBeNull();
    }

    [Theory]
    [InlineData("""{"runStrategy":null}""", "spec.runStrategy", "FieldValueRequired")]
    [InlineData("""{"running":true}""", "spec.running", "FieldValueInvalid")]
    [InlineData("""{"runStrategy":"Sometimes"}""", "spec.runStrategy", "FieldValueNotSupported")]
    [InlineData("""{"runStrategy":"WaitAsReceiver"}""", "spec.runStrategy", "FieldValueNotSupported")]
    [InlineData("""{"template":null}""", "spec.template", "FieldValueRequired")]
    [InlineData("""{"instancetype":{"name":"u1.small"}}""", "spec.instancetype", "FieldValueForbidden")]
    [InlineData("""{"preference":{"name":"fedora"}}""", "spec.preference", "FieldValueForbidden")]
    [InlineData("""{"dataVolumeTemplates":[{"metadata":{"name":"d"}}]}""", "spec.dataVolumeTemplates", "FieldValueForbidden")]
    [InlineData("""{"updateVolumesStrategy":"Replacement"}""", "spec.updateVolumesStrategy", "FieldValueForbidden")]
    public async Task A_machines_own_fields_are_checked(string patch, string field, string reason)
    {
        var vm = Admit.Machine(spec => Merge(spec, (JsonObject)JsonNode.Parse(patch)!));
        (await Admit.CausesAsync(vm)).ShouldHaveSingleItem().ShouldSatisfyAllConditions(c => c.Field.ShouldBe(field), c => c.Reason.ShouldBe(reason));
    }

    [Theory]
    [InlineData("Always")]
    [InlineData("Halted")]
    [InlineData("Manual")]
    [InlineData("RerunOnFailure")]
    [InlineData("Once")]
    public async Task Every_run_strategy_that_works_is_taken(string strategy) =>
        (await Admit.RunAsync(Admit.Machine(spec => spec["runStrategy"] = strategy))).ShouldBeNull();

    [Fact]
    public async Task A_machine_that_is_being_deleted_only_loses_its_finalizers_whatever_its_spec_says()
    {
        var vm = Admit.Machine(spec => spec["runStrategy"] = "Sometimes");
        vm["metadata"]!["deletionTimestamp"] = "2026-11-23T12:00:00Z";
        (await Admit.RunAsync(vm, (JsonObject)vm.DeepClone())).ShouldBeNull();
    }

    [Theory]
    [InlineData("userData", "#cloud-config\n{{{: not yaml", true)]
    [InlineData("userData", "#cloud-config\n- a list", true)]
    [InlineData("userData", "#cloud-config\nhostname: web", false)]
    [InlineData("userData", "#cloud-config", false)]
    [InlineData("userData", "#!/bin/sh\necho {{{:", false)]
    [InlineData("networkData", "version: {{", true)]
    [InlineData("networkData", "version: 2", false)]
    [InlineData("userDataBase64", "I2Nsb3VkLWNvbmZpZwp7e3s6", true)]
    public async Task Cloud_init_data_that_no_cloud_init_reads_is_warned_of(string field, string data, bool warned)
    {
        var vm = Admit.Machine(spec => spec["template"]!["spec"]!["volumes"]![0] = new JsonObject { ["name"] = "root", ["cloudInitNoCloud"] = new JsonObject { [field] = data } });
        var result = await Admit.ResultAsync(vm);
        result.Refusal.ShouldBeNull();
        result.Warnings.Count.ShouldBe(warned ? 1 : 0, string.Join('\n', result.Warnings));
        if (warned) result.Warnings[0].ShouldStartWith("spec.template.spec.volumes[0].cloudInitNoCloud: the ");
    }

    [Fact]
    public async Task Large_cloud_init_data_is_sent_to_a_secret()
    {
        var vmi = Admit.Instance(spec => spec["volumes"]![0] = new JsonObject { ["name"] = "root", ["cloudInitNoCloud"] = new JsonObject { ["userData"] = new string('x', 2049) } });
        (await Admit.CausesAsync(vmi)).ShouldHaveSingleItem().Message.ShouldContain("keep it in a Secret");
    }

    private static string Pod(string interfaces) =>
        """{"domain":{"devices":{"interfaces":[NICS]}},"networks":[{"name":"n","pod":{}}]}""".Replace("NICS", interfaces, StringComparison.Ordinal);

    /// <summary>RFC 7396.</summary>
    private static void Merge(JsonObject target, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            if (value is null) target.Remove(name);
            else if (value is JsonObject inner && target[name] is JsonObject present) Merge(present, inner);
            else target[name] = value.DeepClone();
        }
    }
}
