using System.Text.RegularExpressions;
using Dovetail.EndToEnd.Tests.Platform;

namespace Dovetail.EndToEnd.Tests;

/// <summary>KubeVirt's own example manifests with nothing changed but the names of images: they run, or a field that is not served is refused by name.</summary>
public sealed partial class UpstreamExampleTests(PlatformFixture fixture)
{
    [Theory]
    [InlineData("vmi-ephemeral")]
    [InlineData("vmi-nocloud")]
    [InlineData("vmi-masquerade")]
    [InlineData("vmi-sata")]
    [InlineData("vmi-alpine-efi")]
    [InlineData("vmi-migratable")]
    public async Task The_instance_runs(string example)
    {
        var (platform, ct) = (fixture.Platform, TestContext.Current.CancellationToken);
        await platform.ApplyAsync(Adapted(example), ct);
        await Eventually.BeTrueAsync($"{example} runs", async () => (await platform.FindAsync("vmi", example, "default", ct))?["status"]?["phase"]?.GetValue<string>() == "Running", ct, seconds: 90);
        (await platform.KubectlAsync($"delete vmi {example} --timeout=60s", ct)).Text.ShouldContain("deleted");
    }

    [Theory]
    [InlineData("vm-cirros")]
    [InlineData("vm-cirros-sata")]
    public async Task The_machine_is_halted_as_written_and_runs_when_it_is_started(string example)
    {
        var (platform, ct) = (fixture.Platform, TestContext.Current.CancellationToken);
        await platform.ApplyAsync(Adapted(example), ct);
        var guest = new Guest(platform, example, "default");
        await guest.WaitStatusAsync("Stopped", ct);
        (await platform.VirtctlAsync($"start {example}", ct)).Text.ShouldContain("scheduled to start");
        await guest.WaitRunningAsync(ct);
        await guest.DeleteAsync(ct);
    }

    [Theory]
    [InlineData("vmi-usb", "spec.domain.devices.hostDevices")]
    [InlineData("vmi-gpu", "spec.domain.devices.gpus")]
    [InlineData("vmi-kernel-boot", "spec.domain.firmware.kernelBoot")]
    [InlineData("vmi-host-disk", "spec.volumes[0].hostDisk")]
    [InlineData("vmi-pvc", "spec.volumes[0].persistentVolumeClaim")]
    [InlineData("vmi-sriov", "sriov")]
    public async Task What_is_not_served_yet_is_refused_by_the_name_of_its_field(string example, string field)
    {
        var (platform, ct) = (fixture.Platform, TestContext.Current.CancellationToken);
        var refused = await platform.KubectlAsync("create -f -", ct, Adapted(example));
        refused.Code.ShouldNotBe(0, refused.Everything);
        refused.Error.ShouldContain(field);
    }

    private string Adapted(string example)
    {
        Assert.SkipWhen(Checkout.Examples is null, "upstream's example manifests are not here; DOVETAIL_REFERENCE names their folder");
        var manifest = File.ReadAllText(Path.Combine(Checkout.Examples!, example + ".yaml"));
        return ImageName().Replace(manifest, $"image: {fixture.Platform.Image("tiny")}");
    }

    [GeneratedRegex(@"image: registry:5000/\S+")]
    private static partial Regex ImageName();
}
