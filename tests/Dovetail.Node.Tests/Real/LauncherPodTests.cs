using Dovetail.Node.Host;
using Dovetail.Node.Pods;
using Dovetail.Node.Sandbox;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Node.Tests.Real;

/// <summary>Launcher pods on this host, with real sandboxes, namespaces, addresses and cgroups.</summary>
public sealed class LauncherPodTests
{
    [Fact]
    public async Task A_launcher_pod_runs_confined_and_its_deletion_leaves_nothing()
    {
        await using var rig = await NodeRig.StartAsync();
        var before = HostInventory.Take(rig);
        await rig.CreatePodAsync("one");
        var pod = await rig.WaitReadyAsync("one");
        pod.Status.Phase.ShouldBe("Running");
        pod.Status.PodIP.ShouldStartWith("10.244.");
        pod.Status.ContainerStatuses.ShouldAllBe(c => c.Ready && c.State.Running != null);

        var seen = Facts(await rig.AskAsync(pod, "probe"));
        seen["uid"].ShouldBe(rig.Records.Find(pod.Metadata.Uid)!.Uid);
        seen["no-new-privs"].ShouldBe(1);
        seen["bounding-capabilities"].ShouldBe(0);
        foreach (var refused in new[] { "keyctl", "unshare", "bpf", "mount" }) seen[refused].ShouldBe(1, refused);
        seen["clone3"].ShouldBe(38);
        foreach (var absent in new[] { "etc-shadow", "root", "kvm", "disk-writable", "root-writable" }) seen[absent].ShouldBe(0, absent);
        foreach (var present in new[] { "tun", "disk", "private-writable" }) seen[present].ShouldBe(1, present);
        HostInventory.Take(rig).ShouldNotBe(before);

        await rig.DeleteAndWaitAsync("one");
        HostInventory.Take(rig).ShouldBe(before);

        // Created, pending, running, ready, asked to end, ended, gone, and a little room: a status that differs from what the server made of it would be written for ever.
        rig.Kube.WritesTo("pods").ShouldBeLessThan(12);
    }

    [Fact]
    public async Task A_new_agent_adopts_what_a_dead_one_left_and_sees_its_end()
    {
        await using var rig = await NodeRig.StartAsync();
        await rig.CreatePodAsync("kept");
        var kept = await rig.WaitReadyAsync("kept");
        await rig.CreatePodAsync("deleted-meanwhile");
        var deleted = await rig.WaitReadyAsync("deleted-meanwhile");
        var init = rig.Records.Find(kept.Metadata.Uid)!.Init;

        await rig.StopAgentAsync();
        await rig.Kube.DeleteAsync(BuiltInTypes.Pods, "demo", "deleted-meanwhile", new() { GracePeriodSeconds = 0 }, default);
        // As if the agent had been killed between the start of the sandbox and the note of it.
        rig.Records.Write(rig.Records.Find(kept.Metadata.Uid)! with { Phase = SandboxPhase.Starting, InitPid = 0, InitStartTicks = 0 });
        rig.StartAgent();

        using var watch = new ProcessWatch();
        await watch.WaitForExitAsync(rig.Records.Find(deleted.Metadata.Uid)?.Init ?? default, new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token);
        await rig.CreatePodAsync("third");
        await rig.WaitReadyAsync("third");
        init.IsAlive.ShouldBeTrue();
        rig.Records.Find(kept.Metadata.Uid)!.Init.ShouldBe(init);

        init.Signal(Native.SigKill);
        var failed = await rig.WaitPodAsync("kept", pod => pod.Status.Phase == "Failed");
        failed.Status.ContainerStatuses[0].State.Terminated.ExitCode.ShouldBe(137);
        failed.Status.ContainerStatuses[0].State.Terminated.Reason.ShouldBe("Killed");
    }

    [Fact]
    public async Task The_launchers_own_end_is_the_pods_phase()
    {
        await using var rig = await NodeRig.StartAsync();
        await rig.CreatePodAsync("good");
        await rig.CreatePodAsync("bad");
        await rig.AskAsync(await rig.WaitReadyAsync("good"), "exit 0");
        await rig.AskAsync(await rig.WaitReadyAsync("bad"), "exit 9");
        (await rig.WaitPodAsync("good", pod => pod.Status.Phase == "Succeeded")).Status.ContainerStatuses[0].State.Terminated.Reason.ShouldBe("Completed");
        (await rig.WaitPodAsync("bad", pod => pod.Status.Phase == "Failed")).Status.ContainerStatuses[0].State.Terminated.ExitCode.ShouldBe(9);
    }

    [Fact]
    public async Task A_launcher_that_ignores_the_request_is_killed_after_its_grace_period()
    {
        await using var rig = await NodeRig.StartAsync();
        await rig.CreatePodAsync("stubborn");
        var pod = await rig.WaitReadyAsync("stubborn");
        await File.WriteAllTextAsync(rig.Paths.LauncherSocket(pod.Metadata.Uid).Replace("launcher-sock", "ignore-term"), "");
        await rig.DeleteAndWaitAsync("stubborn", grace: 1);
        HostInventory.Take(rig).RunFolders.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_image_that_cannot_be_had_is_told_on_its_container_and_the_pod_can_be_deleted()
    {
        await using var rig = await NodeRig.StartAsync();
        await rig.CreatePodAsync("waiting", $"{rig.Registry.Host}/test/absent:1");
        var pod = await rig.WaitPodAsync("waiting", p => p.Status?.ContainerStatuses?.Any(c => c.State.Waiting?.Reason == "ErrImagePull") == true);
        pod.Status.Phase.ShouldBe("Pending");
        pod.Status.ContainerStatuses.Single(c => c.Name == "volumeboot").State.Waiting.Message.ShouldContain("404");
        await rig.DeleteAndWaitAsync("waiting");
    }

    [Fact]
    public async Task What_no_record_names_is_swept_at_the_start()
    {
        await using var rig = await NodeRig.StartAsync();
        await rig.StopAgentAsync();
        var before = HostInventory.Take(rig);
        var stray = Guid.NewGuid().ToString();
        await Tool.RunAsync("ip", ["netns", "add", HostNames.Netns(rig.Options.InstanceId, stray)], default);
        new Cgroups(rig.Options.InstanceId).Create(stray, new CgroupLimits { CpuRequestMillis = 100 });
        Directory.CreateDirectory($"{rig.Paths.Pods}/{stray}/sandbox");
        rig.StartAgent();
        await rig.CreatePodAsync("after");
        await rig.WaitReadyAsync("after");
        await rig.DeleteAndWaitAsync("after");
        HostInventory.Take(rig).ShouldBe(before);
    }

    [Fact]
    public async Task A_reboot_ends_what_ran_and_connects_anew_what_had_not_started()
    {
        await using var rig = await NodeRig.StartAsync();
        var ran = await rig.WaitReadyAsync((await rig.CreatePodAsync("ran")).Metadata.Name);
        await rig.CreatePodAsync("waiting", $"{rig.Registry.Host}/test/later:1");
        var waiting = await rig.WaitPodAsync("waiting", p => p.Status?.ContainerStatuses?.Any(c => c.State.Waiting?.Reason == "ErrImagePull") == true);
        await rig.StopAgentAsync();

        // What a reboot takes: processes and namespaces; folders and addresses on the disk stay.
        foreach (var pod in new[] { ran, waiting })
        {
            var record = rig.Records.Find(pod.Metadata.Uid)!;
            record.Init.Signal(Native.SigKill);
            await Tool.RunAsync("ip", ["netns", "del", record.Netns], default);
            rig.Records.Write(record with { BootId = "another boot" });
        }

        rig.Registry.Push("test/later", "1", ("disk/later.qcow2", "x"));
        rig.StartAgent();
        (await rig.WaitPodAsync("ran", p => p.Status.Phase == "Failed")).Status.Reason.ShouldBe("NodeRebooted");
        (await rig.WaitReadyAsync("waiting")).Status.PodIP.ShouldStartWith("10.244.");
    }

    [Fact]
    public async Task A_pod_that_is_no_launcher_is_told_why_it_stays_pending()
    {
        await using var rig = await NodeRig.StartAsync();
        await rig.Kube.CreateAsync(BuiltInTypes.Pods, new V1Pod
        {
            ApiVersion = "v1", Kind = "Pod", Metadata = new V1ObjectMeta { Name = "plain", NamespaceProperty = "demo" },
            Spec = new V1PodSpec { NodeName = "test-node", Containers = [new V1Container { Name = "c", Image = "busybox" }] },
        }, default);
        var pod = await rig.WaitPodAsync("plain", p => p.Status?.Phase == "Pending");
        pod.Status.Conditions.Single(c => c.Type == "Ready").Message.ShouldContain("containers are not served yet");
        await rig.DeleteAndWaitAsync("plain");
    }

    private static Dictionary<string, int> Facts(string answer) =>
        answer.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')).ToDictionary(words => words[0], words => int.Parse(words[1]));
}
