using System.Globalization;
using System.Text.RegularExpressions;
using Dovetail.Api.KubeVirt;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Virt.VirtApi.Admission;

/// <summary>Rules on a VirtualMachineInstance's spec that its schema cannot say; upstream's validating webhook is the specification. Every fault is reported.</summary>
internal static partial class InstanceValidation
{
    private const decimal LeastMemory = 1_000_000m;
    private const decimal LargestDisk = 1L << 51;
    private const int MaxCpus = 512;
    private const int MaxCloudInitBytes = 2048;
    private const int MaxSerial = 256;
    private const string ReservedMac = "02:00:00:00:00:00";

    public static void Validate(VirtualMachineInstanceSpec spec, string at, List<StatusCause> causes)
    {
        if (spec.Hostname is { Length: > 0 } hostname && Names.DnsLabel(hostname) is { } wrongHost) causes.Add(FieldErrors.Invalid($"{at}.hostname", hostname, wrongHost));
        if (spec.Subdomain is { Length: > 0 } subdomain && Names.DnsSubdomain(subdomain) is { } wrongDomain) causes.Add(FieldErrors.Invalid($"{at}.subdomain", subdomain, wrongDomain));
        if (spec.TerminationGracePeriodSeconds < 0) causes.Add(FieldErrors.Invalid($"{at}.terminationGracePeriodSeconds", spec.TerminationGracePeriodSeconds, "must be greater than or equal to zero"));
        if (spec.Domain is not { } domain) return;
        ValidateMemory(domain, $"{at}.domain", causes);
        ValidateCpu(domain, $"{at}.domain", causes);
        ValidateMachine(domain, $"{at}.domain", causes);
        ValidateDisks(spec, at, causes);
        ValidateVolumes(spec, at, causes);
        ValidateNetworks(spec, at, causes);
        ValidateBootOrder(domain, $"{at}.domain.devices", causes);
    }

    private static void ValidateMemory(DomainSpec domain, string at, List<StatusCause> causes)
    {
        var guest = domain.Memory?.Guest?.ToDecimal();
        var request = Amounts.Of(domain.Resources?.Requests, "memory");
        var limit = Amounts.Of(domain.Resources?.Limits, "memory");
        if (guest is null && request is null && limit is null)
            causes.Add(FieldErrors.Required($"{at}.memory.guest", "no memory requested: set memory.guest, or resources.requests.memory"));
        if (guest < LeastMemory) causes.Add(FieldErrors.Invalid($"{at}.memory.guest", Amounts.Text(domain.Memory!.Guest), "must be at least 1M"));
        if (request < LeastMemory) causes.Add(FieldErrors.Invalid($"{at}.resources.requests.memory", Amounts.Text(domain.Resources!.Requests!["memory"]), "must be at least 1M"));
        if (request > limit)
            causes.Add(FieldErrors.Invalid($"{at}.resources.requests.memory", Amounts.Text(domain.Resources!.Requests!["memory"]), $"must be less than or equal to the limit {domain.Resources.Limits!["memory"]}"));
        if (guest > limit) causes.Add(FieldErrors.Invalid($"{at}.memory.guest", Amounts.Text(domain.Memory!.Guest), $"must be less than or equal to the memory limit {domain.Resources!.Limits!["memory"]}"));
    }

    private static void ValidateCpu(DomainSpec domain, string at, List<StatusCause> causes)
    {
        var request = Amounts.Of(domain.Resources?.Requests, "cpu");
        var limit = Amounts.Of(domain.Resources?.Limits, "cpu");
        if (request < 0) causes.Add(FieldErrors.Invalid($"{at}.resources.requests.cpu", Amounts.Text(domain.Resources!.Requests!["cpu"]), "must be greater than or equal to zero"));
        if (request > limit) causes.Add(FieldErrors.Invalid($"{at}.resources.requests.cpu", Amounts.Text(domain.Resources!.Requests!["cpu"]), $"must be less than or equal to the limit {domain.Resources.Limits!["cpu"]}"));
        if (domain.Cpu is not { } cpu) return;
        if (cpu.Threads > 2) causes.Add(FieldErrors.Invalid($"{at}.cpu.threads", cpu.Threads, "must be 1 or 2"));
        var count = (UInt128)(cpu.Sockets ?? 1) * (cpu.Cores ?? 1) * (cpu.Threads ?? 1);
        if (count > MaxCpus) causes.Add(FieldErrors.Invalid($"{at}.cpu", count.ToString(CultureInfo.InvariantCulture), $"sockets × cores × threads must be at most {MaxCpus}"));
    }

    private static void ValidateMachine(DomainSpec domain, string at, List<StatusCause> causes)
    {
        if (domain.Machine?.Type is { Length: > 0 } machine && !machine.StartsWith("q35", StringComparison.Ordinal) && !machine.StartsWith("pc-q35", StringComparison.Ordinal))
            causes.Add(FieldErrors.NotSupported($"{at}.machine.type", machine, ["q35*", "pc-q35*"]));
        if (domain.Firmware?.Uuid is { Length: > 0 } uuid && !Guid.TryParse(uuid, out _)) causes.Add(FieldErrors.Invalid($"{at}.firmware.uuid", uuid, "must be a UUID"));
        if (domain.Firmware?.Bootloader is not { } boot) return;
        if (boot.Bios is not null && boot.Efi is not null) causes.Add(FieldErrors.Invalid($"{at}.firmware.bootloader", null, "has both efi and bios configured, but they are mutually exclusive"));
        if (boot.Efi is { } efi && efi.SecureBoot != false && domain.Features?.Smm?.Enabled != true)
            causes.Add(FieldErrors.Invalid($"{at}.firmware.bootloader.efi.secureBoot", true, "has EFI SecureBoot enabled. SecureBoot requires SMM, which is currently disabled: set features.smm, or secureBoot: false"));
    }

    private static void ValidateDisks(VirtualMachineInstanceSpec spec, string at, List<StatusCause> causes)
    {
        var volumes = (spec.Volumes ?? []).Select(v => v.Name).ToHashSet(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var disks = spec.Domain!.Devices?.Disks ?? [];
        for (var i = 0; i < disks.Count; i++)
        {
            var (disk, path) = (disks[i], $"{at}.domain.devices.disks[{i}]");
            var name = disk.Name ?? "";
            if (!seen.Add(name)) causes.Add(FieldErrors.Duplicate($"{path}.name", name));
            if (!volumes.Contains(name)) causes.Add(FieldErrors.NotFound($"{path}.name", name));
            if (new object?[] { disk.DiskDevice, disk.Cdrom, disk.Lun }.Count(d => d is not null) > 1) causes.Add(FieldErrors.Invalid(path, name, "can only have a single target type: disk, cdrom or lun"));
            if (disk.Cdrom?.Readonly == false) causes.Add(FieldErrors.Invalid($"{path}.cdrom.readonly", false, "a CD-ROM is read-only"));
            if (disk.DiskDevice is { Readonly: true, Bus: "sata" }) causes.Add(FieldErrors.Invalid($"{path}.disk.readonly", true, "disks on the bus sata cannot be read-only; use a cdrom"));
            if (disk.Serial is { } serial && (serial.Length > MaxSerial || !SerialForm().IsMatch(serial)))
                causes.Add(FieldErrors.Invalid($"{path}.serial", serial, $"must be made of alphanumeric characters, '_' and '-', and have at most {MaxSerial} of them"));
            ValidateBlockSize(disk, path, causes);
        }
    }

    private static void ValidateBlockSize(Disk disk, string path, List<StatusCause> causes)
    {
        if (disk.BlockSize?.Custom is not { } custom) return;
        foreach (var (size, name) in new[] { ((long?)custom.Logical, "logical"), (custom.Physical, "physical") })
        {
            if (size is null or < 512 or > 2 << 20 || (size & (size - 1)) != 0)
                causes.Add(FieldErrors.Invalid($"{path}.blockSize.custom.{name}", size, "must be a power of 2 between 512 and 2097152"));
        }

        if (custom.Logical > custom.Physical) causes.Add(FieldErrors.Invalid($"{path}.blockSize.custom.logical", custom.Logical, "must not be larger than the physical size"));
    }

    private static void ValidateVolumes(VirtualMachineInstanceSpec spec, string at, List<StatusCause> causes)
    {
        var disks = (spec.Domain!.Devices?.Disks ?? []).Select(d => d.Name).ToHashSet(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var volumes = spec.Volumes ?? [];
        for (var i = 0; i < volumes.Count; i++)
        {
            var (volume, path) = (volumes[i], $"{at}.volumes[{i}]");
            var name = volume.Name ?? "";
            if (Names.DnsLabel(name) is { } wrong) causes.Add(FieldErrors.Invalid($"{path}.name", name, wrong));
            if (!seen.Add(name)) causes.Add(FieldErrors.Duplicate($"{path}.name", name));
            if (!disks.Contains(name)) causes.Add(FieldErrors.Invalid($"{path}.name", name, "no disk uses this volume"));
            if (Sources(volume) != 1) causes.Add(FieldErrors.Invalid(path, name, "must have exactly one source type"));
            if (volume.ContainerDisk is { } image && string.IsNullOrWhiteSpace(image.Image)) causes.Add(FieldErrors.Required($"{path}.containerDisk.image"));
            if (volume.ContainerDisk?.ImagePullPolicy is { Length: > 0 } policy && policy is not ("Always" or "IfNotPresent" or "Never"))
                causes.Add(FieldErrors.NotSupported($"{path}.containerDisk.imagePullPolicy", policy, ["Always", "IfNotPresent", "Never"]));
            if (volume.EmptyDisk is { } empty && EmptyDiskFault(empty.Capacity?.ToDecimal() ?? 0) is { } unfit) causes.Add(FieldErrors.Invalid($"{path}.emptyDisk.capacity", Amounts.Text(empty.Capacity), unfit));
            ValidateCloudInit(volume.CloudInitNoCloud, $"{path}.cloudInitNoCloud", causes);
            ValidateCloudInit(volume.CloudInitConfigDrive, $"{path}.cloudInitConfigDrive", causes);
        }
    }

    private static string? EmptyDiskFault(decimal bytes) => bytes switch
    {
        < 1 => "must be greater than zero",
        > LargestDisk => "must be at most 2Pi, the most that a qcow2 image holds",
        _ => null,
    };

    private static int Sources(Volume volume) => new object?[]
    {
        volume.CloudInitConfigDrive, volume.CloudInitNoCloud, volume.ConfigMap, volume.ContainerDisk, volume.ContainerPath, volume.DataVolume, volume.DownwardAPI, volume.DownwardMetrics,
        volume.EmptyDisk, volume.Ephemeral, volume.HostDisk, volume.MemoryDump, volume.PersistentVolumeClaim, volume.Secret, volume.ServiceAccount, volume.Sysprep,
    }.Count(s => s is not null);

    private static void ValidateCloudInit(ICloudInitSource? source, string path, List<StatusCause> causes)
    {
        if (source is null) return;
        var user = new[] { source.UserData is { Length: > 0 }, source.UserDataBase64 is { Length: > 0 }, source.SecretRef is not null };
        var network = new[] { source.NetworkData is { Length: > 0 }, source.NetworkDataBase64 is { Length: > 0 }, source.NetworkDataSecretRef is not null };
        if (user.Count(set => set) > 1) causes.Add(FieldErrors.Invalid(path, null, "must have only one of userData, userDataBase64 and secretRef"));
        if (network.Count(set => set) > 1) causes.Add(FieldErrors.Invalid(path, null, "must have only one of networkData, networkDataBase64 and networkDataSecretRef"));
        if (!user.Contains(true) && !network.Contains(true)) causes.Add(FieldErrors.Required(path, "must have at least one user data or network data source set"));
        ValidateSize(source.UserData, $"{path}.userData", causes);
        ValidateSize(source.NetworkData, $"{path}.networkData", causes);
        ValidateBase64(source.UserDataBase64, $"{path}.userDataBase64", causes);
        ValidateBase64(source.NetworkDataBase64, $"{path}.networkDataBase64", causes);
    }

    private static void ValidateSize(string? text, string path, List<StatusCause> causes)
    {
        if (text is not null && System.Text.Encoding.UTF8.GetByteCount(text) > MaxCloudInitBytes)
            causes.Add(FieldErrors.Invalid(path, "…", $"exceeds {MaxCloudInitBytes} bytes: keep it in a Secret and refer to that"));
    }

    private static void ValidateBase64(string? text, string path, List<StatusCause> causes)
    {
        if (string.IsNullOrEmpty(text)) return;
        var bytes = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, bytes, out var length)) causes.Add(FieldErrors.Invalid(path, "…", "is not valid base64"));
        else if (length > MaxCloudInitBytes) causes.Add(FieldErrors.Invalid(path, "…", $"exceeds {MaxCloudInitBytes} bytes: keep it in a Secret and refer to that"));
    }

    private static void ValidateNetworks(VirtualMachineInstanceSpec spec, string at, List<StatusCause> causes)
    {
        var networks = spec.Networks ?? [];
        var interfaces = spec.Domain!.Devices?.Interfaces ?? [];
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < networks.Count; i++)
        {
            var path = $"{at}.networks[{i}]";
            if (!names.Add(networks[i].Name ?? "")) causes.Add(FieldErrors.Duplicate($"{path}.name", networks[i].Name));
            if (networks[i].Pod is null && networks[i].Multus is null) causes.Add(FieldErrors.Required(path, "should have a network type"));
            if (interfaces.All(n => n.Name != networks[i].Name)) causes.Add(FieldErrors.Invalid($"{path}.name", networks[i].Name, "no interface uses this network"));
        }

        if (networks.Count(n => n.Pod is not null) > 1) causes.Add(FieldErrors.Invalid($"{at}.networks", null, "more than one interface is connected to a pod network"));
        var plugged = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < interfaces.Count; i++)
        {
            var (nic, path) = (interfaces[i], $"{at}.domain.devices.interfaces[{i}]");
            if (!plugged.Add(nic.Name ?? "")) causes.Add(FieldErrors.Duplicate($"{path}.name", nic.Name));
            if (!InterfaceForm().IsMatch(nic.Name ?? "")) causes.Add(FieldErrors.Invalid($"{path}.name", nic.Name, "can only contain alphabetical characters, numbers, dashes and underscores"));
            if (!names.Contains(nic.Name ?? "")) causes.Add(FieldErrors.NotFound($"{path}.name", nic.Name));
            if (nic.Masquerade is null && nic.Bridge is null && nic.Sriov is null && nic.Binding is null && nic.PasstBinding is null && nic.Slirp is null && nic.Macvtap is null && nic.Passt is null)
                causes.Add(FieldErrors.Required(path, "must have a binding: masquerade"));
            ValidateMac(nic, path, causes);
            ValidatePorts(nic, path, causes);
        }
    }

    private static void ValidateMac(Interface nic, string path, List<StatusCause> causes)
    {
        if (nic.MacAddress is not { Length: > 0 } mac) return;
        if (!MacForm().IsMatch(mac)) causes.Add(FieldErrors.Invalid($"{path}.macAddress", mac, "must be six pairs of hexadecimal digits with ':' or '-' between them"));
        else if (mac.Replace('-', ':').Equals(ReservedMac, StringComparison.OrdinalIgnoreCase)) causes.Add(FieldErrors.Invalid($"{path}.macAddress", mac, "is reserved for the guest's gateway"));
        else if ((Convert.ToByte(mac[..2], 16) & 1) != 0) causes.Add(FieldErrors.Invalid($"{path}.macAddress", mac, "is a multicast address"));
    }

    private static void ValidatePorts(Interface nic, string path, List<StatusCause> causes)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var ports = nic.Ports ?? [];
        for (var i = 0; i < ports.Count; i++)
        {
            if (ports[i].Number is null or < 1 or > 65535) causes.Add(FieldErrors.Invalid($"{path}.ports[{i}].port", ports[i].Number, "must be between 1 and 65535"));
            if (ports[i].Name is { Length: > 0 } name && !names.Add(name)) causes.Add(FieldErrors.Duplicate($"{path}.ports[{i}].name", name));
        }
    }

    private static void ValidateBootOrder(DomainSpec domain, string at, List<StatusCause> causes)
    {
        var taken = new HashSet<long>();
        var orders = (domain.Devices?.Disks ?? []).Select((d, i) => (d.BootOrder, Path: $"{at}.disks[{i}].bootOrder"))
            .Concat((domain.Devices?.Interfaces ?? []).Select((n, i) => (n.BootOrder, Path: $"{at}.interfaces[{i}].bootOrder")));
        foreach (var (order, path) in orders)
        {
            if (order is not { } place) continue;
            if (place < 1) causes.Add(FieldErrors.Invalid(path, place, "must be greater than 0"));
            else if (!taken.Add(place)) causes.Add(FieldErrors.Invalid(path, place, "is already set for a different device"));
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9_-]+\z")]
    private static partial Regex InterfaceForm();

    [GeneratedRegex(@"\A[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}\z")]
    private static partial Regex MacForm();

    [GeneratedRegex(@"\A[A-Za-z0-9_-]*\z")]
    private static partial Regex SerialForm();
}
