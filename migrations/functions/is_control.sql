-- Is this a control: an event that moves the control counter of its ledger? By category and type, never by type alone.
create function log.is_control(stream text, type text) returns boolean
language sql immutable as $$
  select case split_part(stream, ':', 1)
    when 'control' then type in ('KillSwitchSet', 'ActionFlagSet', 'CeilingSet')
    when 'policy' then type in ('PolicyVersionActivated', 'PolicyVersionRevoked')
    else false
  end
$$;
