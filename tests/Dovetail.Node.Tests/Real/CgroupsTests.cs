using System.Globalization;
using Dovetail.Node.Sandbox;

namespace Dovetail.Node.Tests.Real;

public sealed class CgroupsTests
{
    /// <summary>With the kernel's default all guests of a large machine would weigh as much as one process outside.</summary>
    [Fact]
    public void All_sandboxes_together_weigh_as_much_as_the_machine_and_each_as_much_as_it_asked_for()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "cgroups are made by root");
        var cgroups = new Cgroups("c9f00d");
        var pod = Guid.NewGuid().ToString();
        try
        {
            cgroups.Create(pod, new CgroupLimits { CpuRequestMillis = 500 });
            var folder = HostNames.CgroupFolder("c9f00d");
            var file = new[] { $"/sys/fs/cgroup/cpu/{folder}/cpu.shares", $"/sys/fs/cgroup/{folder}/cpu.weight" }.First(File.Exists);
            var (all, one) = (Number(file), Number(file.Replace(folder, $"{folder}/{pod}", StringComparison.Ordinal)));
            (all / (double)one).ShouldBe(Environment.ProcessorCount * 2, 0.2 * Environment.ProcessorCount);
        }
        finally
        {
            cgroups.TryRemove(pod).ShouldBeTrue();
            cgroups.TryRemoveRoot().ShouldBeTrue();
        }
    }

    private static long Number(string file) => long.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture);
}
