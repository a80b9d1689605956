namespace Dovetail.Api.KubeVirt;

public sealed class Features
{
    public FeatureState? Acpi { get; set; }
    public FeatureAPIC? Apic { get; set; }
    public FeatureHyperv? Hyperv { get; set; }
    public HyperVPassthrough? HypervPassthrough { get; set; }
    public FeatureKVM? Kvm { get; set; }
    public FeatureState? Pvspinlock { get; set; }
    public FeatureState? Smm { get; set; }
}

public sealed class FeatureAPIC
{
    public bool? Enabled { get; set; }
    public bool? EndOfInterrupt { get; set; }
}

public sealed class FeatureHyperv
{
    public FeatureState? Evmcs { get; set; }
    public FeatureState? Frequencies { get; set; }
    public FeatureState? Ipi { get; set; }
    public FeatureState? Reenlightenment { get; set; }
    public FeatureState? Relaxed { get; set; }
    public FeatureState? Reset { get; set; }
    public FeatureState? Runtime { get; set; }
    public FeatureSpinlocks? Spinlocks { get; set; }
    public FeatureState? Synic { get; set; }
    public SyNICTimer? Synictimer { get; set; }
    public TLBFlush? Tlbflush { get; set; }
    public FeatureState? Vapic { get; set; }
    public FeatureVendorID? Vendorid { get; set; }
    public FeatureState? Vpindex { get; set; }
}

public sealed class FeatureKVM
{
    public bool? Hidden { get; set; }
}

public sealed class FeatureSpinlocks
{
    public bool? Enabled { get; set; }
    public uint? Spinlocks { get; set; }
}

public sealed class FeatureState
{
    public bool? Enabled { get; set; }
}

public sealed class FeatureVendorID
{
    public bool? Enabled { get; set; }
    public string? Vendorid { get; set; }
}

public sealed class HyperVPassthrough
{
    public bool? Enabled { get; set; }
}

public sealed class SyNICTimer
{
    public FeatureState? Direct { get; set; }
    public bool? Enabled { get; set; }
}

public sealed class TLBFlush
{
    public FeatureState? Direct { get; set; }
    public bool? Enabled { get; set; }
    public FeatureState? Extended { get; set; }
}

public sealed class Clock
{
    public Timer? Timer { get; set; }
    public string? Timezone { get; set; }
    public ClockOffsetUTC? Utc { get; set; }
}

public sealed class ClockOffsetUTC
{
    public long? OffsetSeconds { get; set; }
}

public sealed class Timer
{
    public HPETTimer? Hpet { get; set; }
    public HypervTimer? Hyperv { get; set; }
    public KVMTimer? Kvm { get; set; }
    public PITTimer? Pit { get; set; }
    public RTCTimer? Rtc { get; set; }
}

public sealed class HPETTimer
{
    public bool? Present { get; set; }
    public string? TickPolicy { get; set; }
}

public sealed class HypervTimer
{
    public bool? Present { get; set; }
}

public sealed class KVMTimer
{
    public bool? Present { get; set; }
}

public sealed class PITTimer
{
    public bool? Present { get; set; }
    public string? TickPolicy { get; set; }
}

public sealed class RTCTimer
{
    public bool? Present { get; set; }
    public string? TickPolicy { get; set; }
    public string? Track { get; set; }
}
