using Dovetail.EndToEnd.Tests.Platform;

namespace Dovetail.EndToEnd.Tests;

/// <summary>The commands of kubectl that people use with virtual machines.</summary>
public sealed class KubectlTests(PlatformFixture fixture)
{
    [Theory]
    [InlineData("explain vm.spec.template.spec.domain", "FIELDS:")]
    [InlineData("explain vmi.status --recursive", "guestOSInfo")]
    [InlineData("api-resources --api-group=kubevirt.io", "virtualmachineinstances")]
    [InlineData("api-resources", "configmaps")]
    [InlineData("get deployments,daemonsets -n openshift-cnv", "virt-handler")]
    [InlineData("get nodes -o wide", "Ready")]
    [InlineData("describe nodes", "Conditions:")]
    [InlineData("get namespaces", "openshift-image-registry")]
    [InlineData("auth can-i create vm", "yes")]
    [InlineData("version", "Server Version")]
    public async Task Kubectl_answers(string arguments, string expected)
    {
        var (platform, ct) = (fixture.Platform, TestContext.Current.CancellationToken);
        (await platform.KubectlAsync(arguments, ct)).Text.ShouldContain(expected);
    }

    [Fact]
    public async Task A_machine_is_applied_listed_described_edited_patched_and_deleted()
    {
        var (platform, ct) = (fixture.Platform, TestContext.Current.CancellationToken);
        var guest = new Guest(platform, "kubectl");
        Task<Finished> KubectlAsync(string arguments, string? input = null) => platform.KubectlAsync($"{arguments} -n {Guest.Namespace}", ct, input);
        (await KubectlAsync("apply --server-side -f -", guest.Manifest("Halted"))).Text.ShouldContain("serverside-applied");
        (await KubectlAsync("apply --server-side -f -", guest.Manifest("Halted"))).Text.ShouldContain("serverside-applied");
        (await KubectlAsync("get vm kubectl -o wide")).Text.ShouldContain("STATUS");

        var unknown = await KubectlAsync("apply --validate=strict -f -", guest.Manifest("Halted").Replace("runStrategy: Halted", "runStrategy: Halted\n  runsFast: true", StringComparison.Ordinal));
        unknown.Code.ShouldNotBe(0);
        unknown.Error.ShouldContain("spec.runsFast");

        (await KubectlAsync("patch vm kubectl --type=merge -p {\"metadata\":{\"labels\":{\"merged\":\"yes\"}}}")).Text.ShouldContain("patched");
        (await KubectlAsync("patch vm kubectl --type=json -p [{\"op\":\"add\",\"path\":\"/metadata/labels/json\",\"value\":\"yes\"}]")).Text.ShouldContain("patched");
        (await KubectlAsync("label vm kubectl labelled=yes")).Text.ShouldContain("labeled");
        (await KubectlAsync("annotate vm kubectl noted=yes")).Text.ShouldContain("annotated");
        (await KubectlAsync("get vm -l merged=yes,json=yes,labelled=yes -o name")).Text.ShouldBe("virtualmachine.kubevirt.io/kubectl");
        var edited = await Shell.RunAsync(
            "kubectl", ["--kubeconfig", platform.Kubeconfig, "edit", "vm", "kubectl", "-n", Guest.Namespace], ct,
            environment: new Dictionary<string, string> { ["EDITOR"] = "sed -i s/runStrategy:.Halted/runStrategy:\\ Always/" });
        edited.Text.ShouldContain("edited");
        await guest.WaitRunningAsync(ct);
        (await KubectlAsync("wait vmi/kubectl --for=create --timeout=60s")).Text.ShouldContain("met");
        (await KubectlAsync("wait vmi/kubectl --for=condition=Ready --timeout=60s")).Text.ShouldContain("condition met");

        (await KubectlAsync("get vm,vmi,pods -o wide")).Text.ShouldContain("NODENAME");
        (await KubectlAsync("describe vmi kubectl")).Text.ShouldContain("SuccessfulCreate");
        (await KubectlAsync("get events")).Text.ShouldContain("virtualmachineinstance/kubectl");
        await WatchShowsTheEndAsync(platform, guest, ct);
    }

    private static async Task WatchShowsTheEndAsync(TestPlatform platform, Guest guest, CancellationToken ct)
    {
        using var watch = Shell.Start("kubectl", ["--kubeconfig", platform.Kubeconfig, "get", "vmi", guest.Name, "-n", Guest.Namespace, "-w", "--output-watch-events"]);
        try
        {
            (await watch.StandardOutput.ReadLineAsync(ct))!.ShouldContain("PHASE");
            (await watch.StandardOutput.ReadLineAsync(ct))!.ShouldContain("ADDED");
            await guest.DeleteAsync(ct);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(TimeSpan.FromSeconds(30));
            while (await watch.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            {
                if (line.StartsWith("DELETED", StringComparison.Ordinal)) return;
            }

            Assert.Fail("the watch ended without the deletion");
        }
        finally
        {
            watch.Kill();
        }
    }
}
