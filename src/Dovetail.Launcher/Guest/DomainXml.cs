namespace Dovetail.Launcher.Guest;

/// <summary>The two facts that a launcher reads in a live domain's XML. libvirt writes it in one fixed form, so a search does and an XML parser need not be carried.</summary>
internal readonly record struct DomainXml(string MachineType, bool AgentConnected)
{
    /// <summary>As in <c>&lt;type arch='x86_64' machine='pc-q35-7.2'&gt;hvm&lt;/type&gt;</c> and <c>&lt;target type='virtio' name='org.qemu.guest_agent.0' state='connected'/&gt;</c>.</summary>
    public static DomainXml Read(string xml)
    {
        const string Machine = " machine='";
        var start = xml.IndexOf(Machine, StringComparison.Ordinal);
        var machine = start < 0 ? "" : xml[(start + Machine.Length)..].Split('\'', 2)[0];
        return new(machine, xml.Contains("name='org.qemu.guest_agent.0' state='connected'", StringComparison.Ordinal));
    }
}
