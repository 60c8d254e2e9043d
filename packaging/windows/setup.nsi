; The setup for people: asks for relay and pairing code, then lets the MSI inside do everything, so that there is one
; installation to keep right and one entry in Settings, Apps. Silent: setup.exe /S /RELAY=wss://... /PAIR=CODE
Unicode true
Target amd64-unicode
Name "Printrail agent"
OutFile "${OUT}"
RequestExecutionLevel admin
ShowInstDetails show
VIProductVersion "${VERSION}.0"
VIAddVersionKey "ProductName" "Printrail agent"
VIAddVersionKey "FileDescription" "Printrail agent setup"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "LegalCopyright" "MIT OR Apache-2.0"

!include "nsDialogs.nsh"
!include "LogicLib.nsh"
!include "FileFunc.nsh"

Var Relay
Var Pair
Var RelayField
Var PairField

Page custom Ask Asked
Page instfiles

Function .onInit
    ${GetParameters} $0
    ClearErrors
    ${GetOptions} $0 "/RELAY=" $Relay
    ClearErrors
    ${GetOptions} $0 "/PAIR=" $Pair
FunctionEnd

Function Ask
    nsDialogs::Create 1018
    Pop $0
    ${NSD_CreateLabel} 0 0 100% 24u "The relay's address and a pairing code, as the dashboard shows them under Printers, Add a computer. An update needs neither."
    Pop $0
    ${NSD_CreateLabel} 0 32u 30% 12u "&Relay (wss://...)"
    Pop $0
    ${NSD_CreateText} 32% 30u 66% 13u "$Relay"
    Pop $RelayField
    ${NSD_CreateLabel} 0 52u 30% 12u "&Pairing code"
    Pop $0
    ${NSD_CreateText} 32% 50u 66% 13u "$Pair"
    Pop $PairField
    nsDialogs::Show
FunctionEnd

Function Asked
    ${NSD_GetText} $RelayField $Relay
    ${NSD_GetText} $PairField $Pair
FunctionEnd

Section
    InitPluginsDir
    SetOutPath $PLUGINSDIR
    File /oname=agent.msi "${MSI}"
    DetailPrint "Installing the service..."
    ; What was not given is not said, since an empty property is not the same to every Windows Installer as none.
    StrCpy $1 ""
    ${If} $Relay != ""
        StrCpy $1 '$1 RELAY="$Relay"'
    ${EndIf}
    ${If} $Pair != ""
        StrCpy $1 '$1 PAIR="$Pair"'
    ${EndIf}
    ExecWait '"$SYSDIR\msiexec.exe" /qn /norestart /i "$PLUGINSDIR\agent.msi"$1 /l* "$TEMP\printrail-agent-setup.log"' $0
    SetErrorLevel $0
    ${If} $0 <> 0
    ${AndIf} $0 <> 3010
        MessageBox MB_ICONSTOP "Not installed (Windows Installer's error $0). The Event Log (Windows Logs, Application, source Printrail agent) says why, and $TEMP\printrail-agent-setup.log in detail." /SD IDOK
        Abort
    ${EndIf}
    DetailPrint "Installed. Next, in a new terminal of an administrator: printrail-agent printers scan"
SectionEnd
