using Dovetail.Cli.Why;
using static Dovetail.Cli.Tests.Why.World;

namespace Dovetail.Cli.Tests.Why;

/// <summary>Faults of a virtual machine itself; each name is the defect that would be let through.</summary>
public sealed class VmFaultTests
{
    [Fact]
    public void A_halted_vm_is_called_broken() =>
        Says(WhyKind.Vm, Facts(Vm("Halted")), 0, "VirtualMachine demo/web: is stopped, as asked: its run strategy is Halted.", "virtctl start -n demo web");

    [Fact]
    public void A_manual_vm_that_nobody_started_is_called_broken() =>
        Says(WhyKind.Vm, Facts(Vm("Manual")), 0, "VirtualMachine demo/web: is stopped, as asked: with the run strategy Manual it starts only when told to.", "virtctl start -n demo web");

    [Fact]
    public void A_guest_that_shut_down_in_order_under_rerun_on_failure_is_called_broken() =>
        Says(WhyKind.Vm, Facts(Vm("RerunOnFailure", vm => vm.Status!.RunStrategy = "RerunOnFailure")), 0, "VirtualMachine demo/web: is stopped, as asked: its guest has shut down in order, and the run strategy RerunOnFailure restarts only one that fails.");

    [Fact]
    public void A_vm_that_ran_once_is_called_broken() =>
        Says(WhyKind.Vm, Facts(Vm("Once"), Vmi("Succeeded")), 0, "VirtualMachine demo/web: has run once and is stopped, as asked (run strategy Once).", "kubectl -n demo delete vmi web");

    [Fact]
    public void A_vm_that_ran_once_and_failed_is_called_well() =>
        Says(WhyKind.Vm, Facts(Vm("Once"), Vmi("Failed", v => v.Status!.Reason = "GuestCrashed")), 4, "VirtualMachine demo/web: has run once and failed; the run strategy Once does not start it again.", "delete vmi web");

    [Fact]
    public void A_running_vm_is_called_broken() => Says(WhyKind.Vm, Facts(Vm(), Vmi()), 0, "VirtualMachine demo/web: runs, as asked. All is well.");

    [Fact]
    public void A_changed_template_that_waits_for_a_restart_is_not_told() => Says(
        WhyKind.Vm,
        Facts(Vm(change: vm => vm.Status!.Conditions = [new() { Type = "RestartRequired", Status = "True" }]), Vmi()),
        0,
        "VirtualMachine demo/web: its template has changed since the guest was started; the guest runs with the old one.",
        "virtctl restart -n demo web");

    [Fact]
    public void A_crash_loop_does_not_say_what_failed_and_when_it_tries_again()
    {
        var vm = Vm(change: v => v.Status!.StartFailure = new() { ConsecutiveFailCount = 3, RetryAfterTimestamp = Now.AddSeconds(40) });
        var facts = Facts(vm) with { Events = [Warning("VirtualMachineInstance", "web", "SyncFailed", "LibvirtError: unsupported machine type")] };
        Says(WhyKind.Vm, facts, 4, "VirtualMachine demo/web: could not be started 3 times in a row; the next try is in 40 s.", "mend the cause");
        Says(WhyKind.Vm, facts, 4, "VirtualMachineInstance demo/web: the last one failed: LibvirtError: unsupported machine type.");
    }

    [Fact]
    public void A_quota_that_refuses_the_guest_is_not_named() => Says(
        WhyKind.Vm,
        Facts(Refused("""Error creating virtual machine instance: vmis "web" is forbidden: exceeded quota: small, requested: count/vmis=1, used: count/vmis=1, limited: count/vmis=1""")),
        4,
        """VirtualMachine demo/web: its VirtualMachineInstance would exceed the namespace's quota. Error creating virtual machine instance: vmis "web" is forbidden: exceeded quota: small, requested: count/vmis=1, used: count/vmis=1, limited: count/vmis=1.""",
        "kubectl -n demo describe resourcequota");

    [Fact]
    public void A_webhook_that_refuses_the_guest_is_not_named() => Says(
        WhyKind.Vm,
        Facts(Refused("""admission webhook "rules.example.com" denied the request: no""")),
        4,
        """VirtualMachine demo/web: an admission rule refuses its VirtualMachineInstance. admission webhook "rules.example.com" denied the request: no.""",
        "webhook");

    [Fact]
    public void A_name_that_another_guest_has_is_taken_for_a_failure_of_the_platform() => Says(
        WhyKind.Vm,
        Facts(Refused("a VirtualMachineInstance named web exists that this VirtualMachine does not control; delete it or rename the VirtualMachine")),
        4,
        "VirtualMachine demo/web: cannot start, because its name is taken: a VirtualMachineInstance named web exists that this VirtualMachine does not control; delete it or rename the VirtualMachine.",
        "kubectl -n demo delete vmi web");

    [Fact]
    public void A_namespace_that_is_being_deleted_is_not_named()
    {
        var facts = Facts(Vm()) with { NamespaceObject = new() { Metadata = new() { Name = "demo", DeletionTimestamp = Now } } };
        Says(WhyKind.Vm, facts, 4, "Namespace demo: is being deleted with everything in it; nothing new can be made there.", "another namespace");
    }

    [Fact]
    public void An_instancetype_that_does_not_exist_is_not_named()
    {
        var facts = Facts(Vm()) with { Missing = [new("VirtualMachineClusterInstancetype", "u1.huge", "spec.instancetype.name")] };
        Says(WhyKind.Vm, facts, 4, "VirtualMachineClusterInstancetype u1.huge: does not exist, and spec.instancetype.name needs it.", "kubectl get virtualmachineclusterinstancetype");
    }

    [Fact]
    public void A_preference_that_does_not_exist_is_not_named()
    {
        var facts = Facts(Vm()) with { Missing = [new("VirtualMachinePreference", "mine", "spec.preference.name")] };
        Says(WhyKind.Vm, facts, 4, "VirtualMachinePreference demo/mine: does not exist, and spec.preference.name needs it.");
    }

    [Fact]
    public void A_virt_controller_that_does_not_run_leaves_a_vm_waiting_without_a_word()
    {
        var facts = Facts(Vm(change: vm => vm.Status = null)) with { Components = [new("Deployment", "kubevirt", "virt-controller", 2, 0)] };
        Says(WhyKind.Vm, facts, 4, "Deployment kubevirt/virt-controller: 0 of 2 copies of virt-controller are ready, so nothing that it does for virtual machines goes on.", "kubectl -n kubevirt describe deployment virt-controller");
    }

    [Fact]
    public void A_vm_that_nobody_has_looked_at_for_long_is_said_to_be_on_its_way() => Says(
        WhyKind.Vm,
        Facts(Vm(change: vm => vm.Status = null)) with { Components = [] },
        4,
        "VirtualMachine demo/web: is to run (run strategy Always), and virt-controller does nothing about it.",
        "virt-controller");

    [Fact]
    public void A_restore_that_holds_the_start_is_not_named() => Says(
        WhyKind.Vm, Facts(Vm(change: vm => vm.Status!.RestoreInProgress = "back")), 4, "VirtualMachine demo/web: is not started while the restore back goes on.", "kubectl -n demo describe vmrestore back");

    [Fact]
    public void A_vm_that_waits_for_manual_recovery_is_said_to_be_starting() => Says(
        WhyKind.Vm,
        Facts(Vm(change: vm => vm.Status!.Conditions = [new() { Type = "ManualRecoveryRequired", Status = "True", Message = "volumes are mixed" }])),
        4,
        "VirtualMachine demo/web: is not started before somebody has looked at its disks. volumes are mixed.");

    [Fact]
    public void A_foreign_finalizer_that_holds_a_deleted_vm_is_not_named() => Says(
        WhyKind.Vm,
        Facts(Vm(change: vm => (vm.Metadata.DeletionTimestamp, vm.Metadata.Finalizers) = (Now.AddMinutes(-5), ["example.com/hold"]))),
        4,
        "VirtualMachine demo/web: the finalizer example.com/hold holds it, which no part of this platform owns.",
        "kubectl -n demo patch vm web --type=json -p '[{\"op\":\"remove\",\"path\":\"/metadata/finalizers/0\"}]'");

    [Fact]
    public void The_owner_of_our_own_finalizer_is_not_named() => Says(
        WhyKind.Vm,
        Facts(Vm(change: vm => (vm.Metadata.DeletionTimestamp, vm.Metadata.Finalizers) = (Now, ["kubevirt.io/virtualMachineControllerFinalize"]))),
        3,
        "VirtualMachine demo/web: the finalizer kubevirt.io/virtualMachineControllerFinalize holds it until virt-controller has cleaned up.");

    [Fact]
    public void A_dead_owner_of_a_finalizer_is_not_told()
    {
        var vm = Vm(change: v => (v.Metadata.DeletionTimestamp, v.Metadata.Finalizers) = (Now, ["kubevirt.io/virtualMachineControllerFinalize"]));
        var facts = Facts(vm) with { Components = [new("Deployment", "kubevirt", "virt-controller", 1, 0)] };
        Says(WhyKind.Vm, facts, 4, "Deployment kubevirt/virt-controller: 0 of 1 copies of virt-controller are ready, so nothing that it does for virtual machines goes on.");
    }

    [Fact]
    public void A_receiver_is_called_broken() => Says(WhyKind.Vm, Facts(Vm("WaitAsReceiver")), 3, "VirtualMachine demo/web: waits for a guest that is to be moved here.");

    private static Dovetail.Api.KubeVirt.VirtualMachine Refused(string message) =>
        Vm(change: vm => vm.Status!.Conditions = [new() { Type = "Failure", Status = "True", Reason = "FailedCreate", Message = message }]);
}
