using Dovetail.Node.Host;
using Dovetail.Node.Sandbox;

namespace Dovetail.Node.Tests.Real;

public sealed class CapabilityCacheTests
{
    [Fact]
    public async Task A_throw_away_run_makes_the_cache_and_tells_models_and_machines()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/virsh") && File.Exists("/usr/bin/qemu-system-x86_64"), "needs libvirt-clients and qemu-system-x86");
        await using var rig = await NodeRig.StartAsync();
        await rig.StopAgentAsync();
        using var watch = new ProcessWatch();
        var cache = new CapabilityCache(rig.Options, new Cgroups(rig.Options.InstanceId), watch, TimeProvider.System);
        var warm = await cache.EnsureAsync(kvm: false, default);
        Directory.GetFiles($"{warm}/cache", "*.xml").ShouldNotBeEmpty();
        var guests = CapabilityCache.Read(warm);
        guests.MachineTypes.ShouldContain("q35");
        guests.CpuModels.ShouldContain("Nehalem");
        (await cache.EnsureAsync(kvm: false, default)).ShouldBe(warm);
        rig.StartAgent();
        await rig.CreatePodAsync("warmed");
        var pod = await rig.WaitReadyAsync("warmed");
        Directory.GetFiles($"{rig.Paths.SandboxFolder(pod.Metadata.Uid)}/cache/libvirt/qemu/cache/capabilities", "*.xml").Length.ShouldBe(Directory.GetFiles($"{warm}/cache").Length);
    }

    [Fact]
    public void Usable_models_and_all_names_of_machines_are_read()
    {
        var domain = System.Xml.Linq.XDocument.Parse("<domainCapabilities><cpu><mode name='host-model'><model>EPYC</model></mode><mode name='custom'><model usable='yes'>Nehalem</model><model usable='no'>Denverton</model></mode></cpu></domainCapabilities>");
        var host = System.Xml.Linq.XDocument.Parse("<capabilities><guest><arch name='i686'><machine>isapc</machine></arch></guest><guest><arch name='x86_64'><machine canonical='pc-q35-7.2'>q35</machine></arch></guest></capabilities>");
        var guests = CapabilityCache.Parse(domain, host);
        guests.CpuModels.ShouldBe(["Nehalem"]);
        guests.MachineTypes.ShouldBe(["pc-q35-7.2", "q35"]);
    }
}
