using System.Runtime.InteropServices;

namespace Dovetail.Launcher.Libvirt;

/// <summary>A domain of a <see cref="LibvirtConnection"/>; holds a reference of libvirt's until it is disposed. Calls block.</summary>
internal sealed partial class LibvirtDomain(nint domain) : IDisposable
{
    private int disposed;

    public (LibvirtState State, int Reason) State()
    {
        Check(Native.virDomainGetState(domain, out var state, out var reason, 0), "reading the domain's state");
        return ((LibvirtState)state, reason);
    }

    public string Xml() => Native.TakeString(Native.virDomainGetXMLDesc(domain, 0)) ?? throw LibvirtException.Last("reading the domain's XML");

    public void PressPowerButton() => Check(Native.virDomainShutdownFlags(domain, Native.ShutdownAcpi), "pressing the power button");

    public void Destroy() => Check(Native.virDomainDestroy(domain), "destroying the domain");

    public void Suspend() => Check(Native.virDomainSuspend(domain), "pausing the domain");

    public void Resume() => Check(Native.virDomainResume(domain), "resuming the domain");

    public void Reset() => Check(Native.virDomainReset(domain, 0), "resetting the domain");

    public void Reboot(bool throughAgent) => Check(Native.virDomainReboot(domain, throughAgent ? Native.RebootAgent : Native.RebootAcpi), "rebooting the domain");

    /// <summary>The agent's whole answer (<c>{"return":…}</c>).</summary>
    public string AgentCommand(string json, TimeSpan timeout) =>
        Native.TakeString(Native.virDomainQemuAgentCommand(domain, json, (int)timeout.TotalSeconds, 0)) ?? throw LibvirtException.Last("asking the guest agent");

    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0) Native.virDomainFree(domain);
    }

    internal static string NameOf(nint domain) => Marshal.PtrToStringUTF8(GetName(domain)) ?? "";

    private static void Check(int result, string call)
    {
        if (result < 0) throw LibvirtException.Last(call);
    }

    [LibraryImport("libvirt.so.0", EntryPoint = "virDomainGetName")]
    private static partial nint GetName(nint domain);
}
